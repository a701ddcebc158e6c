"""What pages say about other systems, read in a fixed number of statements."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from audit.foundation import clock
from delegation.authorization import entitlements
from identity.people.models import User
from provisioning.accounts import desired_state
from provisioning.accounts.models import Account
from provisioning.connectors import rights_summary
from provisioning.connectors.rights_summary import RightSummary
from provisioning.delivery import workers
from provisioning.delivery.errors import Code
from provisioning.targets.models import Target

_WORST = ("failed", "differs", "on_its_way", "in_place", "not_needed")
_RECENT, _LOOKED_AT, _LATELY = 50, 500, dt.timedelta(days=7)

_LIST = """
SELECT m.id, min(array_position(%(worst)s::text[], a.state::text)),
       (array_agg(app.key ORDER BY array_position(%(worst)s::text[], a.state::text), app.key))[1]
FROM identity_published_membership m
JOIN provisioning_account a ON a.user_id = m.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_application app ON app.id = t.application_id
WHERE m.id = ANY(%(memberships)s)
GROUP BY m.id
"""
# Of acts on one person since the system was taken in: how long a load of thousands took says nothing of a removal.
_USUALLY = """
SELECT t.id, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.done_at - d.act_at))
FROM provisioning_target t
CROSS JOIN LATERAL (
    SELECT r.done_at, r.act_at FROM (
        SELECT done_at, act_at, act, account_id FROM provisioning_delivery
        WHERE target_id = t.id AND done_at > %(since)s ORDER BY done_at DESC LIMIT %(looked_at)s
    ) r
    WHERE r.act_at >= t.created_at AND NOT EXISTS (
        SELECT 1 FROM provisioning_delivery o
        WHERE o.act = r.act AND o.target_id = t.id AND o.account_id <> r.account_id)
    ORDER BY r.done_at DESC LIMIT %(recent)s
) d
WHERE t.id = ANY(%(targets)s)
GROUP BY 1
"""
_LAG = """
SELECT min(due_at) FROM (
    SELECT a.due_at FROM provisioning_account a JOIN provisioning_target t ON t.id = a.target_id
    WHERE a.due_at <= %(at)s AND t.is_active AND t.failures = 0
    UNION ALL SELECT due_at FROM provisioning_logout WHERE due_at <= %(at)s
    UNION ALL SELECT due_at FROM provisioning_mail WHERE due_at <= %(at)s
) x
"""


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """One system for one colleague in one organization: what should be there, what is, and in which of the five words.

    `is_` None: nothing is known. `error` is a code of `provisioning.delivery.errors`, empty when nothing is wrong.
    """

    target: uuid.UUID
    account: int
    application: str
    name: Mapping[str, str]
    """{language: text}"""
    should_be: list[RightSummary]
    is_: list[RightSummary] | None
    active: bool | None
    """Whether the system holds the person as active, as far as known."""
    checked_at: dt.datetime | None
    word: str
    attempts: int
    next_try_at: dt.datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Worst:
    """The word that a list shows for one colleague, and the system it is about."""

    word: str
    application: str


def of_person(*, user: User, memberships: Sequence[uuid.UUID], at: dt.datetime) -> list[SystemStatus]:
    """Every system for one person as these memberships (of one organization's page, one) see it. Three statements.

    What differs, failed or waits comes first.
    """
    rights = entitlements.rights_of(memberships=memberships, at=at)
    accounts = Account.objects.filter(user=user, target__is_active=True).select_related(
        "target__application", "membership"
    )
    organizations = {one.id: one.organization_id for one in user.memberships.filter(id__in=memberships)}
    found = [
        _status(account, [right for one in memberships for right in rights[one]], organizations)
        for account in accounts
        if account.membership_id is None or account.membership_id in memberships
    ]
    return sorted(found, key=lambda one: (_WORST.index(one.word), one.application))


def _status(
    account: Account, rights: Sequence[entitlements.Right], organizations: Mapping[uuid.UUID, uuid.UUID]
) -> SystemStatus:
    target = account.target
    should_be = rights_summary.summarize(desired_state.rights_for_target(rights=rights, target=target))
    held = _is(account, organizations)
    return SystemStatus(
        target=target.id,
        account=account.id,
        application=target.application.key,
        name=target.application.name,
        should_be=should_be,
        is_=held,
        active=None if held is None else bool(held),
        checked_at=account.checked_at,
        word=_word(account, should_be, organizations),
        attempts=account.attempts,
        next_try_at=next_try(account),
        error=error(account),
    )


def _is(account: Account, organizations: Mapping[uuid.UUID, uuid.UUID]) -> list[RightSummary] | None:
    if account.observed:
        by_organization: dict[str, list[RightSummary]] = account.observed["rights"]
        return [one for name in organizations.values() for one in by_organization.get(str(name), [])]
    if account.acknowledged_active is None:
        return None
    return [one for name in organizations for one in account.acknowledged_rights.get(str(name), [])]


def _word(
    account: Account, should_be: Sequence[RightSummary], organizations: Mapping[uuid.UUID, uuid.UUID]
) -> str:
    """A person may be known to a system for another organization only: that is no news here."""
    told = any(str(name) in account.acknowledged_rights for name in organizations)
    if account.state == Account.State.IN_PLACE and not should_be and not told:
        return Account.State.NOT_NEEDED.value
    return str(account.state)


def next_try(account: Account) -> dt.datetime | None:
    if account.due_at is None:
        return None
    return max(account.due_at, account.target.pause_until or account.due_at)


def error(account: Account) -> str:
    """A code of `provisioning.delivery.errors`; others may have found out that the target is down."""
    waits_for_all = account.due_at is not None and account.target.down_since is not None
    return account.last_error or (Code.UNREACHABLE.value if waits_for_all else "")


def for_list(*, memberships: Iterable[uuid.UUID]) -> dict[uuid.UUID, Worst]:
    """The worst word of each colleague; nobody without an account is in it. One statement."""
    found = rows(_LIST, memberships=list(memberships), worst=list(_WORST))
    return {name: Worst(_WORST[place - 1], application) for name, place, application in found}


def usually_takes(*, targets: Iterable[uuid.UUID]) -> dict[uuid.UUID, float]:
    """Seconds from an act on one person to the answer: the median of each target's last fifty within a week.

    Absent where there were none. One statement.
    """
    found = rows(
        _USUALLY,
        targets=list(targets),
        recent=_RECENT,
        looked_at=_LOOKED_AT,
        since=clock.wall() - _LATELY,
    )
    return {name: float(median) for name, median in found}


def lag() -> float:
    """For the operator: seconds that the oldest delivery has waited for us; 0.0 when nothing waits.

    What waits for a system that is down waits for that system (`down`).
    """
    at = clock.now()
    ((oldest,),) = rows(_LAG, at=at)
    return (at - oldest).total_seconds() if oldest else 0.0


def deliverers() -> int:
    """How many processes are delivering."""
    return len(workers.live_workers())


def down() -> list[Target]:
    """Targets that do not answer now."""
    return list(Target.objects.filter(is_active=True, down_since__isnull=False).select_related("application"))


def rows(statement: str, **params: Any) -> list[tuple[Any, ...]]:
    """What one statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
