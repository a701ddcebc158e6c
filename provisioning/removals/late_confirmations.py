"""Each removal is examined until every system has confirmed it; a late confirmation is reported once.

The deliverer examines. The portal writes the mails: it registers `report` when it starts.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection, transaction

from audit import installation
from audit.foundation import clock, db
from provisioning.accounts import progress
from provisioning.accounts.progress import LATE, SystemProgress
from provisioning.removals.models import Removal

log = structlog.get_logger(__name__)

_SOONEST, _LATEST = dt.timedelta(seconds=10), dt.timedelta(minutes=5)
"""From one examination to the next: a tenth of the time since the removal, within these limits."""
_SHARE = 10
_BATCH = 20
# Most removals are confirmed before they are examined first. Those with an open row need no further look.
_POSTPONE = """
UPDATE provisioning_removal r
SET due_at = %(at)s + least(greatest((%(at)s - r.removed_at) / %(share)s, %(soonest)s), %(latest)s)
WHERE r.due_at <= %(at)s AND (
    EXISTS (
        SELECT FROM provisioning_delivery d JOIN provisioning_target t ON t.id = d.target_id AND t.is_active
        WHERE d.act = r.act AND d.done_at IS NULL)
    OR EXISTS (SELECT FROM provisioning_logout l WHERE l.act = r.act AND l.due_at IS NOT NULL))
"""
_DUE = "SELECT act FROM provisioning_removal WHERE due_at <= %(at)s ORDER BY due_at LIMIT %(batch)s"


@dataclass(frozen=True, slots=True)
class LateConfirmation:
    """Describes a removal that every system has confirmed, and the systems that did so late."""

    act: uuid.UUID
    organization: uuid.UUID
    removed_at: dt.datetime
    systems: Sequence[SystemProgress]


Report = Callable[[LateConfirmation], None]
_reports: list[Report] = []


def register(report: Report) -> None:
    """Let `report` be called once for each late confirmation, in the transaction that closes the removal."""
    if report not in _reports:
        _reports.append(report)


def examine_due() -> int:
    """Close the removals that every system has confirmed. Two statements without any. Returns how many."""
    at = clock.now()
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"at": at, "share": _SHARE, "soonest": _SOONEST, "latest": _LATEST}
        cursor.execute(_POSTPONE, params)
    due = db.fetch_all(_DUE, {"at": at, "batch": _BATCH})
    if not due or installation.is_frozen():
        return 0
    return sum(_examine_alone(act, at) for (act,) in due)


def _examine_alone(act: uuid.UUID, at: dt.datetime) -> bool:
    """Let a removal that cannot be examined hold up no other one. Raises where the connection is lost."""
    try:
        return _examine(act, at)
    except Exception:
        if not connection.is_usable():
            raise
        log.exception("removal.not_examined", act=str(act))
        Removal.objects.filter(act=act, due_at__isnull=False).update(due_at=at + _LATEST)
        return False


def _examine(act: uuid.UUID, at: dt.datetime) -> bool:
    """Close the removal, or examine it again later. Another deliverer may be first."""
    with transaction.atomic():
        rows = Removal.objects.filter(act=act, due_at__lte=at).select_for_update(skip_locked=True)
        removal = rows.first()
        if removal is None:
            return False
        current = progress.progress_of_act(act=act, chain=removal.organization, at=at)
        removal.due_at = None if current.done else at + _pause(at - removal.removed_at)
        removal.save(update_fields=["due_at"])
        late = [line for line in current.lines if line.seconds > LATE.total_seconds()]
        if current.done and late:
            _report(LateConfirmation(act, removal.organization, removal.removed_at, late))
        return current.done


def _pause(age: dt.timedelta) -> dt.timedelta:
    return min(max(age / _SHARE, _SOONEST), _LATEST)


def _report(confirmation: LateConfirmation) -> None:
    for report in _reports:
        report(confirmation)
