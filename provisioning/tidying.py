"""What nobody needs any more, and what will be needed soon: the timer's housekeeping."""

import datetime as dt

from audit import actor, clock, partitions
from delegation.commands import housekeeping
from delegation.rules import outdated
from identity.grants import tidy as grants
from identity.sessions import SessionStore
from provisioning.models import Delivery, Logout, Mail

_KEPT = dt.timedelta(days=90)


def tidy() -> int:
    """Forget what was delivered three months ago, tokens and sessions that have run out. Returns how many rows went.

    Also makes the log's partitions of the coming months.
    """
    at = clock.now()
    before = at - _KEPT
    partitions.ensure(at=at)
    SessionStore.clear_expired()
    deliveries, _ = Delivery.objects.filter(done_at__lt=before).delete()
    logouts, _ = Logout.objects.filter(done_at__lt=before).delete()
    mails, _ = Mail.objects.filter(sent_at__lt=before).delete()
    return deliveries + logouts + mails + grants.forget(at=at) + _outdated(at)


def _outdated(at: dt.datetime) -> int:
    """Only where there is any: the act leaves an event."""
    if not outdated.is_any(at=at):
        return 0
    purged = housekeeping.forget(actor=actor.system()).result
    return purged.answers + purged.links
