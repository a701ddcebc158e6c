"""The page of a removal shows the progress in other systems, one line per system."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from audit.foundation import db
from provisioning.accounts import confirmations as confirmations_of_acts
from provisioning.accounts import status
from provisioning.accounts.confirmations import Confirmations
from provisioning.accounts.models import Account, Delivery
from provisioning.logout.models import Logout
from provisioning.targets.models import Target

LATE = dt.timedelta(minutes=1)
"""A removal that a system has not confirmed within this time is late: its confirmation is mailed. Pages show it,
and show one that fails before."""

_IS_PLANNED = """
SELECT coalesce(max(e.seq) <= (
    SELECT k.seq FROM provisioning_cursor k JOIN audit_published_chain c ON c.id = k.chain AND k.seq <= c.last_seq
    WHERE k.chain = %(chain)s
), false)
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
    last_failed_at: dt.datetime | None
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
class _Step:
    application: str
    name: Mapping[str, str]
    kind: str
    act_at: dt.datetime
    done_at: dt.datetime | None
    failed: bool
    attempts: int
    last_failed_at: dt.datetime | None
    next_try_at: dt.datetime | None
    error: str


def progress_of_act(*, act: uuid.UUID, chain: uuid.UUID, at: dt.datetime) -> Progress:
    """Read the progress of this act of an organization's chain. Four statements, one more where rows are missing.

    A system counts as closed only with an authentic event of its confirmation, whatever the rows of deliveries say. One
    that last confirmed the access of a leaver is listed also where the rows are missing.
    """
    # This is read first: deliveries that the planner adds meanwhile are read next, so a finished act has them all.
    planned = _is_planned(act, chain)
    deliveries, logouts = _deliveries(act), _due_logouts(act)
    # This is read last: each confirmation of the rows has its event.
    confirmations = confirmations_of_acts.of_act(act=act, chain=chain, at=at)
    found = [
        *_accounts(deliveries, confirmations),
        *_logouts(logouts, confirmations),
        *_missing(deliveries, confirmations),
    ]
    steps = sorted(found, key=lambda step: (step.application, step.kind))
    grouped = groupby(steps, key=lambda step: (step.application, step.kind))
    lines = [_progress(list(group), at) for _, group in grouped]
    ordered = sorted(lines, key=lambda line: (line.state == "closed", line.at or at))
    return Progress(ordered, planned and confirmations.is_sound)


def _deliveries(act: uuid.UUID) -> list[Delivery]:
    return list(Delivery.objects.filter(act=act).select_related("account__target__application"))


def _due_logouts(act: uuid.UUID) -> list[Logout]:
    return list(Logout.objects.filter(act=act).select_related("client__application", "sign_in"))


def _accounts(rows: Iterable[Delivery], confirmations: Confirmations) -> Iterator[_Step]:
    for row in rows:
        account, target = row.account, row.account.target
        waits = row.done_at is None or not confirmations.has(row.membership_id, target.id)
        if waits and not target.is_active:
            continue  # no longer a connected system: nothing is delivered to it any more
        yield _Step(
            application=target.application.key,
            name=target.application.name,
            kind="account",
            act_at=row.act_at,
            done_at=None if waits else row.done_at,
            failed=waits and account.state in {Account.State.FAILED, Account.State.OUT_OF_DATE},
            attempts=account.attempts if waits else 0,
            last_failed_at=account.last_failed_at if waits else None,
            next_try_at=status.next_attempt_at(account) if waits else None,
            error=status.error_code(account) if waits else "",
        )


def _missing(rows: Iterable[Delivery], confirmations: Confirmations) -> Iterator[_Step]:
    """List the systems that last confirmed a leaver's access, and have no delivery of this act."""
    present = {(row.membership_id, str(row.target_id)) for row in rows}
    missing = {system: at for system, at in confirmations.unconfirmed.items() if system not in present}
    if not missing:
        return
    targets = Target.objects.filter(is_active=True).select_related("application")
    by_id = {str(target.id): target for target in targets}
    for (_, name), act_at in missing.items():
        if target := by_id.get(name):
            yield _Step(
                application=target.application.key,
                name=target.application.name,
                kind="account",
                act_at=act_at,
                done_at=None,
                failed=False,
                attempts=0,
                last_failed_at=None,
                next_try_at=None,
                error="",
            )


def _logouts(rows: Iterable[Logout], confirmations: Confirmations) -> Iterator[_Step]:
    for row in rows:
        application = row.client.application
        is_confirmed = confirmations.has(row.sign_in.membership_id, f"{row.sign_in_id} {row.client_id}")
        not_needed = row.ended_at if row.due_at is None and not row.client.is_active else None
        yield _Step(
            application=application.key,
            name=application.name,
            kind="logout",
            act_at=row.ended_at,
            done_at=row.done_at if is_confirmed else not_needed,
            failed=row.refused_at is not None,
            attempts=row.attempts,
            last_failed_at=row.last_failed_at,
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
        last_failed_at=max((step.last_failed_at for step in waiting if step.last_failed_at), default=None),
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
