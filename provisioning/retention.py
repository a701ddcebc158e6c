"""What nobody needs any more, and what will be needed soon: the timer's housekeeping."""

import datetime as dt

from audit.foundation import actor, clock
from audit.log import partitions
from delegation import retention
from identity.grants import retention as grants
from identity.sessions.store import SessionStore
from provisioning.accounts.models import Delivery
from provisioning.logout.models import Logout
from provisioning.mail.models import Mail

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
    return deliveries + logouts + mails + grants.purge(at=at) + _outdated(at)


def _outdated(at: dt.datetime) -> int:
    """Only where there is any: the act leaves an event."""
    if not retention.has_expired(at=at):
        return 0
    purged = retention.purge(actor=actor.system()).result
    return purged.answers + purged.links
