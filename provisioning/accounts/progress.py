"""What an act did in other systems, line by line with its time: for the page that stays open during a removal."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from provisioning.accounts import status
from provisioning.accounts.models import Account, Delivery
from provisioning.logout.models import Logout

_CLOSING = """
SELECT DISTINCT t.id, app.key, app.name::text, t.down_since
FROM identity_published_membership m
JOIN provisioning_account a ON a.user_id = m.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_application app ON app.id = t.application_id
WHERE m.id = ANY(%(memberships)s) AND a.acknowledged_active
  AND jsonb_array_length(coalesce(a.acknowledged_rights -> m.id::text, '[]')) > 0
ORDER BY app.key
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One system. `state`: closed, on_its_way or failed; `seconds` from the act to the answer, or to now."""

    application: str
    name: Mapping[str, str]
    kind: str
    """scim: the account; logout: the open sign-ins."""
    state: str
    count: int
    """Accounts or sign-ins."""
    waiting: int
    at: dt.datetime | None
    """When the last of them was known."""
    seconds: float
    attempts: int
    next_try_at: dt.datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Progress:
    """All systems that an act reaches, what waits first. `planned`: whether the act has been read at all yet."""

    lines: list[Line]
    planned: bool

    @property
    def done(self) -> bool:
        """Whether every system has confirmed."""
        return self.planned and all(line.state == "closed" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Closing:
    """One system that will hear of it."""

    application: str
    name: Mapping[str, str]
    target: uuid.UUID
    usually_takes: float | None
    """Seconds; None where nothing was ever delivered."""
    down_since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class _Part:
    application: str
    name: Mapping[str, str]
    kind: str
    act_at: dt.datetime
    done_at: dt.datetime | None
    failed: bool
    attempts: int
    next_try_at: dt.datetime | None
    error: str


def of(*, act: uuid.UUID, chain: uuid.UUID, at: dt.datetime) -> Progress:
    """How far the systems are with this act of the organization whose chain this is. Three statements."""
    parts = sorted([*_accounts(act), *_logouts(act)], key=lambda part: (part.application, part.kind))
    grouped = groupby(parts, key=lambda part: (part.application, part.kind))
    lines = [_line(list(group), at) for _, group in grouped]
    return Progress(
        sorted(lines, key=lambda line: (line.state == "closed", line.at or at)), _planned(act, chain)
    )


def _accounts(act: uuid.UUID) -> Iterable[_Part]:
    rows = Delivery.objects.filter(act=act).select_related("account__target__application")
    for row in rows:
        account, target = row.account, row.account.target
        waits = row.done_at is None
        yield _Part(
            application=target.application.key,
            name=target.application.name,
            kind="scim",
            act_at=row.act_at,
            done_at=row.done_at,
            failed=waits and account.state in {Account.State.FAILED, Account.State.DIFFERS},
            attempts=account.attempts if waits else 0,
            next_try_at=status.next_try(account) if waits else None,
            error=status.error(account) if waits else "",
        )


def _logouts(act: uuid.UUID) -> Iterable[_Part]:
    for row in Logout.objects.filter(act=act).select_related("client__application"):
        application = row.client.application
        yield _Part(
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


def _line(parts: list[_Part], at: dt.datetime) -> Line:
    waiting = [part for part in parts if part.done_at is None]
    known = [part.done_at for part in parts if part.done_at is not None]
    last = max(known) if known and not waiting else None
    first = parts[0]
    return Line(
        application=first.application,
        name=first.name,
        kind=first.kind,
        state=_state(waiting),
        count=len(parts),
        waiting=len(waiting),
        at=last,
        seconds=max(0.0, ((last or at) - first.act_at).total_seconds()),
        attempts=max((part.attempts for part in waiting), default=0),
        next_try_at=min((part.next_try_at for part in waiting if part.next_try_at), default=None),
        error=next((part.error for part in waiting if part.error), ""),
    )


def _state(waiting: list[_Part]) -> str:
    if not waiting:
        return "closed"
    return "failed" if all(part.failed for part in waiting) else "on_its_way"


def _planned(act: uuid.UUID, chain: uuid.UUID) -> bool:
    rows = status.rows(
        "SELECT coalesce(max(e.seq) <= (SELECT seq FROM provisioning_cursor WHERE chain = %(chain)s), false)"
        " FROM audit_published_event e WHERE e.chain = %(chain)s AND e.act = %(act)s",
        chain=chain,
        act=act,
    )
    return bool(rows[0][0])


def expected(*, memberships: Iterable[uuid.UUID], since: dt.datetime, at: dt.datetime) -> list[Line]:
    """The systems that hold rights of these colleagues, as lines that wait since the act. Two statements."""
    return [
        Line(
            application=closing.application,
            name=closing.name,
            kind="scim",
            state="on_its_way",
            count=1,
            waiting=1,
            at=None,
            seconds=max(0.0, (at - since).total_seconds()),
            attempts=0,
            next_try_at=None,
            error="",
        )
        for closing in expected_impact(memberships=memberships)
    ]


def expected_impact(*, memberships: Iterable[uuid.UUID]) -> list[Closing]:
    """What removing these colleagues closes: systems that hold rights of theirs. Two statements."""
    wanted = list(memberships)
    closing = status.rows(_CLOSING, memberships=wanted)
    usual = status.usually_takes(targets=[row[0] for row in closing])
    return [
        Closing(
            application=key,
            name=json.loads(name),
            target=target,
            usually_takes=usual.get(target),
            down_since=down,
        )
        for target, key, name, down in closing
    ]
