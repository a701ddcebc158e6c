"""Staff read how the deliveries to a target go: what waits, what fails, and how long changes take."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from audit.foundation import db
from provisioning.targets.models import Target

LIMIT = 1000
"""Accounts that are counted; one more says that there are more."""
_CONFIRMATIONS, _PERIOD = 500, dt.timedelta(days=7)

_WAITING = """
SELECT t.id, count(d.priority) FILTER (WHERE d.priority = 0), count(d.priority) FILTER (WHERE d.priority > 0)
FROM provisioning_target t
LEFT JOIN LATERAL (
    SELECT a.priority FROM provisioning_account a WHERE a.target_id = t.id AND a.due_at IS NOT NULL
    ORDER BY a.priority, a.due_at LIMIT %(limit)s
) d ON true
WHERE t.id = ANY(%(targets)s) GROUP BY t.id
"""
_CONFIRMED = """
SELECT count(*), percentile_disc(0.95) WITHIN GROUP (ORDER BY x.seconds), max(x.seconds), max(x.done_at)
FROM (
    SELECT done_at, greatest(extract(epoch FROM done_at - act_at), 0)::double precision AS seconds
    FROM provisioning_delivery WHERE target_id = %(target)s AND done_at > %(since)s
    ORDER BY done_at DESC LIMIT %(most)s
) x
"""
_FAILING = """
SELECT x.last_error, count(*), min(x.failing_since), min(x.due_at)
FROM (
    SELECT last_error, failing_since, due_at FROM provisioning_account
    WHERE target_id = %(target)s AND failing_since IS NOT NULL ORDER BY failing_since LIMIT %(limit)s
) x GROUP BY x.last_error ORDER BY count(*) DESC, x.last_error
"""
# The first condition is that of a partial index.
_DIFFERING = """
SELECT count(*) FROM (
    SELECT FROM provisioning_account
    WHERE target_id = %(target)s AND state IN ('failed', 'out_of_date') AND state = 'out_of_date' LIMIT %(limit)s
) x
"""


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """Describes an active target; at most `LIMIT` + 1 waiting accounts are counted."""

    id: uuid.UUID
    application: uuid.UUID
    base_url: str
    kind: str
    created_at: dt.datetime
    down_since: dt.datetime | None
    failures: int
    next_try_at: dt.datetime | None
    paused_until: dt.datetime | None
    """None also where the end of the pause is over."""
    is_syncing: bool
    synced_at: dt.datetime | None
    removals: int
    updates: int


@dataclass(frozen=True, slots=True)
class DeliveryTimes:
    """Measures the last confirmed changes of a week, 500 at most: the seconds from the act to the answer."""

    number: int
    most_within: float | None
    """Of 95 of 100 changes; None without any change."""
    slowest: float | None
    last_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Counts the accounts that fail for one reason, a code of `provisioning.delivery.errors`; `LIMIT` + 1 at most."""

    code: str
    accounts: int
    since: dt.datetime
    next_try_at: dt.datetime | None


def of_applications(
    *, applications: Collection[uuid.UUID], at: dt.datetime
) -> Mapping[uuid.UUID, TargetStatus]:
    """Read the active targets of these applications, by application. Two statements."""
    rows = list(Target.objects.filter(application__in=applications, is_active=True).defer("token"))
    counted = db.fetch_all(_WAITING, {"targets": [row.id for row in rows], "limit": LIMIT + 1})
    waiting = {target: (removals, updates) for target, removals, updates in counted}
    return {row.application_id: _status(row, *waiting[row.id], at) for row in rows}


def _status(row: Target, removals: int, updates: int, at: dt.datetime) -> TargetStatus:
    is_paused = row.paused_until is not None and row.paused_until > at
    return TargetStatus(
        id=row.id,
        application=row.application_id,
        base_url=row.base_url,
        kind=row.kind,
        created_at=row.created_at,
        down_since=row.down_since,
        failures=row.failures,
        next_try_at=row.pause_until,
        paused_until=row.paused_until if is_paused else None,
        is_syncing=row.sync_cursor is not None,
        synced_at=row.synced_at,
        removals=removals,
        updates=updates,
    )


def confirmations(*, target: uuid.UUID, at: dt.datetime) -> DeliveryTimes:
    """Measure how long the last changes took until the target confirmed them. One statement."""
    params = {"target": target, "since": at - _PERIOD, "most": _CONFIRMATIONS}
    return DeliveryTimes(*db.fetch_only(_CONFIRMED, params))


def failures(*, target: uuid.UUID) -> list[FailureGroup]:
    """Group the accounts whose last delivery failed, the largest group first. One statement."""
    rows = db.fetch_all(_FAILING, {"target": target, "limit": LIMIT + 1})
    return [FailureGroup(*row) for row in rows]


def differing(*, target: uuid.UUID) -> int:
    """Count the accounts that a reconciliation found to differ, `LIMIT` + 1 at most. One statement."""
    (number,) = db.fetch_only(_DIFFERING, {"target": target, "limit": LIMIT + 1})
    return int(number)


def settings_of(*, target: uuid.UUID) -> Mapping[str, Any]:
    """Read the settings that staff set, without the token. One statement."""
    names = (
        "base_url",
        "record_per",
        "on_removal",
        "name_form",
        "media_type",
        "send_phone",
        "verify_writes",
        "include_applications",
    )
    return dict(Target.objects.filter(id=target).values(*names).get())
