"""The page of a removal shows the progress in other systems, one line per system."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from audit.foundation import db
from provisioning.accounts import status
from provisioning.accounts.models import Account, Delivery
from provisioning.logout.models import Logout

_AFFECTED = """
SELECT DISTINCT t.id, app.key, app.name::text, t.down_since
FROM identity_published_membership m
JOIN provisioning_account a ON a.user_id = m.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_application app ON app.id = t.application_id
WHERE m.id = ANY(%(memberships)s) AND a.acknowledged_active
  AND jsonb_array_length(coalesce(a.acknowledged_rights -> m.id::text, '[]')) > 0
ORDER BY app.key
"""

_IS_PLANNED = """
SELECT coalesce(max(e.seq) <= (SELECT seq FROM provisioning_cursor WHERE chain = %(chain)s), false)
FROM audit_published_event e WHERE e.chain = %(chain)s AND e.act = %(act)s
"""


@dataclass(frozen=True, slots=True)
class SystemProgress:
    """Describes one system: closed, updating or failed. `seconds`: from the act to the confirmation, or to now."""

    application: str
    name: Mapping[str, str]
    kind: str
    """account: the records of the act's people; logout: their open sign-ins."""
    state: str
    count: int
    """Accounts or sign-ins."""
    waiting: int
    at: dt.datetime | None
    """When the last of them was confirmed."""
    seconds: float
    attempts: int
    next_try_at: dt.datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Lists all systems of an act, waiting ones first. `planned`: whether the planner has read the act."""

    lines: list[SystemProgress]
    planned: bool

    @property
    def done(self) -> bool:
        """Check whether every system has confirmed."""
        return self.planned and all(line.state == "closed" for line in self.lines)


@dataclass(frozen=True, slots=True)
class AffectedSystem:
    """Describes a system that a removal will update."""

    application: str
    name: Mapping[str, str]
    target: uuid.UUID
    usually_takes: float | None
    """Seconds; None without recent deliveries."""
    down_since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class _Step:
    application: str
    name: Mapping[str, str]
    kind: str
    act_at: dt.datetime
    done_at: dt.datetime | None
    failed: bool
    attempts: int
    next_try_at: dt.datetime | None
    error: str


def progress_of_act(*, act: uuid.UUID, chain: uuid.UUID, at: dt.datetime) -> Progress:
    """Read the progress of this act of an organization's chain. Three statements."""
    # This is read first: deliveries that the planner adds meanwhile are read next, so a finished act has them all.
    planned = _is_planned(act, chain)
    steps = sorted([*_accounts(act), *_logouts(act)], key=lambda step: (step.application, step.kind))
    grouped = groupby(steps, key=lambda step: (step.application, step.kind))
    lines = [_progress(list(group), at) for _, group in grouped]
    return Progress(sorted(lines, key=lambda line: (line.state == "closed", line.at or at)), planned)


def _accounts(act: uuid.UUID) -> Iterable[_Step]:
    rows = Delivery.objects.filter(act=act).select_related("account__target__application")
    for row in rows:
        account, target = row.account, row.account.target
        waits = row.done_at is None
        yield _Step(
            application=target.application.key,
            name=target.application.name,
            kind="account",
            act_at=row.act_at,
            done_at=row.done_at,
            failed=waits and account.state in {Account.State.FAILED, Account.State.OUT_OF_DATE},
            attempts=account.attempts if waits else 0,
            next_try_at=status.next_attempt_at(account) if waits else None,
            error=status.error_code(account) if waits else "",
        )


def _logouts(act: uuid.UUID) -> Iterable[_Step]:
    for row in Logout.objects.filter(act=act).select_related("client__application"):
        application = row.client.application
        yield _Step(
            application=application.key,
            name=application.name,
            kind="logout",
            act_at=row.ended_at,
            done_at=row.done_at or (None if row.due_at else row.ended_at),
            failed=row.refused_at is not None,
            attempts=row.attempts,
            next_try_at=row.due_at,
            error=row.last_error,
        )


def _progress(steps: list[_Step], at: dt.datetime) -> SystemProgress:
    waiting = [step for step in steps if step.done_at is None]
    confirmed = [step.done_at for step in steps if step.done_at is not None]
    last = max(confirmed) if confirmed and not waiting else None
    first = steps[0]
    return SystemProgress(
        application=first.application,
        name=first.name,
        kind=first.kind,
        state=_state(waiting),
        count=len(steps),
        waiting=len(waiting),
        at=last,
        seconds=max(0.0, ((last or at) - first.act_at).total_seconds()),
        attempts=max((step.attempts for step in waiting), default=0),
        next_try_at=min((step.next_try_at for step in waiting if step.next_try_at), default=None),
        error=next((step.error for step in waiting if step.error), ""),
    )


def _state(waiting: list[_Step]) -> str:
    if not waiting:
        return "closed"
    return "failed" if all(step.failed for step in waiting) else "updating"


def _is_planned(act: uuid.UUID, chain: uuid.UUID) -> bool:
    row = db.fetch_one(_IS_PLANNED, {"chain": chain, "act": act})
    return bool(row and row[0])


def expected_progress(
    *, memberships: Iterable[uuid.UUID], since: dt.datetime, at: dt.datetime
) -> list[SystemProgress]:
    """Compute the progress before the act is planned: each system with rights of the members waits. Two statements."""
    return [
        SystemProgress(
            application=system.application,
            name=system.name,
            kind="account",
            state="updating",
            count=1,
            waiting=1,
            at=None,
            seconds=max(0.0, (at - since).total_seconds()),
            attempts=0,
            next_try_at=None,
            error="",
        )
        for system in expected_impact(memberships=memberships)
    ]


def expected_impact(*, memberships: Iterable[uuid.UUID]) -> list[AffectedSystem]:
    """Find the systems with rights of these members, which a removal would update. Two statements."""
    ids = list(memberships)
    affected = db.fetch_all(_AFFECTED, {"memberships": ids})
    usual = status.usually_takes(targets=[row[0] for row in affected])
    return [
        AffectedSystem(
            application=key,
            name=json.loads(name),
            target=target,
            usually_takes=usual.get(target),
            down_since=down,
        )
        for target, key, name, down in affected
    ]
