"""Retention deletes rows past their period, and creates the log's partitions of the coming months."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db.models import Q

from audit.foundation import actor, clock
from audit.log import partitions
from audit.log.ledger import SUPPLIER, Subject
from delegation import retention
from delegation.acts import locked_observations
from delegation.authorization.event_types import Observation
from delegation.erasures import due_people as erasures
from delegation.looking_along import prepared_forms
from delegation.orphan_cases import request_retention
from delegation.orphan_cases.commands import request_erasures
from identity.grants import retention as grants
from identity.looks import looked_pages
from identity.service_users import service_tokens
from identity.sessions.store import SessionStore
from identity.staff import break_glass
from identity.staff import sessions as staff_sessions
from provisioning import failed_rows, worker_stop
from provisioning.accounts.models import Delivery
from provisioning.logout.models import Logout
from provisioning.mail.models import Mail
from provisioning.removals.models import Removal
from provisioning.targets import exchanges

RETENTION = dt.timedelta(days=90)
"""The privacy page names it."""


def purge() -> int:
    """Delete deliveries that ended 90 days ago, whether they succeeded or not, and expired tokens and sessions.

    Also creates the log's partitions of the coming months, and erases people who left long ago until the worker
    stops. Returns how many rows were deleted.
    """
    at = clock.now()
    cutoff = at - RETENTION
    partitions.ensure(at=at)
    SessionStore.clear_expired()
    _end_break_glass(at)
    staff_sessions.clear_expired(at=at)
    looked_pages.clear_expired(at=at)
    exchanges.purge()
    prepared_forms.clear_expired(at=at)
    deliveries, _ = Delivery.objects.filter(done_at__lt=cutoff).delete()
    not_needed = Q(due_at=None, ended_at__lt=cutoff)
    logouts, _ = Logout.objects.filter(Q(done_at__lt=cutoff) | not_needed).delete()
    mails, _ = Mail.objects.filter(Q(sent_at__lt=cutoff) | Q(failed_at__lt=cutoff)).delete()
    removals, _ = Removal.objects.filter(due_at=None, removed_at__lt=cutoff).delete()
    purged = deliveries + logouts + mails + removals + _purge_tokens(at) + _purge_expired(at)
    _erase_requests(at)
    erasures.erase_due(at=at, is_stopping=worker_stop.is_announced)
    return purged


def _erase_requests(at: dt.datetime) -> None:
    """Erase the requests for an admin's place that are due, in acts of a few hundred: one that fails holds up none."""

    def erase(requests: Sequence[uuid.UUID]) -> int:
        return request_erasures.erase(actor=actor.system(), requests=requests).result.number

    due = list(request_retention.due(at=at).values_list("id", flat=True))
    for start in range(0, len(due), request_erasures.BATCH):
        batch = due[start : start + request_erasures.BATCH]
        failed_rows.in_halves(batch, erase, event="request.not_erased")


def _purge_tokens(at: dt.datetime) -> int:
    return grants.purge(at=at) + service_tokens.purge(at=at)


def _end_break_glass(at: dt.datetime) -> None:
    """Record the end of a break-glass sign-in whose time is over; a transaction only where there is one."""
    if not break_glass.has_expired(at=at):
        return
    with locked_observations.recording_in_chain(actor=actor.system(), chain=SUPPLIER) as (batch, now):
        for ended in break_glass.end_expired(at=now):
            batch.add(
                Observation.BREAK_GLASS_ENDED,
                subject=Subject("supplier", SUPPLIER),
                chain=SUPPLIER,
                facts=ended.facts,
            )


def _purge_expired(at: dt.datetime) -> int:
    """Purge links and idempotency records, only where some have expired: the act leaves an event."""
    if not retention.has_expired(at=at):
        return 0
    purged = retention.purge(actor=actor.system()).result
    return purged.idempotency_records + purged.invitation_links
