"""Pages and operators read the state of accounts in a fixed number of statements."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audit.foundation import clock, db
from delegation.authorization import entitlements
from identity.people.models import User
from provisioning.accounts import desired_state
from provisioning.accounts.models import Account
from provisioning.connectors import rights_summary
from provisioning.connectors.rights_summary import RightSummary
from provisioning.delivery import workers
from provisioning.delivery.errors import Code
from provisioning.targets.models import Target

BY_SEVERITY = ("failed", "out_of_date", "updating", "up_to_date", "not_needed")
"""The states of an account; a list shows the first of a member's."""
_RECENT, _SAMPLE, _PERIOD = 50, 500, dt.timedelta(days=7)
_FEWEST = 5
"""Of fewer confirmations, one that was late would move the median."""

_WORST_STATES = """
SELECT m.id, min(array_position(%(worst)s::text[], a.state::text)),
       (array_agg(app.key ORDER BY array_position(%(worst)s::text[], a.state::text), app.key))[1]
FROM identity_published_membership m
JOIN provisioning_account a ON a.user_id = m.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_application app ON app.id = t.application_id
WHERE m.id = ANY(%(memberships)s)
GROUP BY m.id
"""
# Only acts on one person since the registration count: the duration of a mass act says nothing about a removal.
_USUAL_TIMES = """
SELECT t.id, percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.done_at - d.act_at))
FROM provisioning_target t
CROSS JOIN LATERAL (
    SELECT r.done_at, r.act_at FROM (
        SELECT done_at, act_at, act, account_id FROM provisioning_delivery
        WHERE target_id = t.id AND done_at > %(since)s ORDER BY done_at DESC LIMIT %(sample)s
    ) r
    WHERE r.act_at >= t.created_at AND NOT EXISTS (
        SELECT 1 FROM provisioning_delivery o
        WHERE o.act = r.act AND o.target_id = t.id AND o.account_id <> r.account_id)
    ORDER BY r.done_at DESC LIMIT %(recent)s
) d
WHERE t.id = ANY(%(targets)s)
GROUP BY 1 HAVING count(*) >= %(fewest)s
"""
_LAG = """
SELECT min(due_at) FROM (
    SELECT a.due_at FROM provisioning_account a JOIN provisioning_target t ON t.id = a.target_id
    WHERE a.due_at <= %(at)s AND t.is_active AND t.failures = 0
      AND (t.paused_until IS NULL OR t.paused_until <= %(at)s)
    UNION ALL SELECT due_at FROM provisioning_logout WHERE due_at <= %(at)s
    UNION ALL SELECT due_at FROM provisioning_mail WHERE due_at <= %(at)s
) x
"""


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """Compares the expected with the actual rights of one member of one organization in one system.

    `actual` None: unknown. `error`: a code of `provisioning.delivery.errors`, empty after a success.
    """

    target: uuid.UUID
    account: int
    application: str
    name: Mapping[str, str]
    """{language: text}"""
    expected: list[RightSummary]
    actual: list[RightSummary] | None
    active: bool | None
    """Whether the system has the person as active; None: unknown."""
    checked_at: dt.datetime | None
    state: str
    """A value of `Account.State`."""
    attempts: int
    last_failed_at: dt.datetime | None
    next_try_at: dt.datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class WorstState:
    """Holds the state that a list shows for one member, and its system."""

    state: str
    application: str


def systems_of_person(*, user: User, memberships: Sequence[uuid.UUID], at: dt.datetime) -> list[SystemStatus]:
    """Read every system of one person in these memberships; an organization's page gives one. Three statements.

    Failed, differing and waiting systems come first.
    """
    rights = entitlements.rights_of(memberships=memberships, at=at)
    accounts = Account.objects.filter(user=user, target__is_active=True).select_related(
        "target__application", "membership"
    )
    organizations = dict(user.memberships.filter(id__in=memberships).values_list("id", "organization_id"))
    rows = [
        _status(account, [right for membership in memberships for right in rights[membership]], organizations)
        for account in accounts
        if account.membership_id is None or account.membership_id in memberships
    ]
    return sorted(rows, key=lambda system: (BY_SEVERITY.index(system.state), system.application))


def _status(
    account: Account, rights: Sequence[entitlements.Right], organizations: Mapping[uuid.UUID, uuid.UUID]
) -> SystemStatus:
    target = account.target
    expected = rights_summary.summarize(desired_state.rights_for_target(rights=rights, target=target))
    actual = _actual_rights(account, organizations)
    return SystemStatus(
        target=target.id,
        account=account.id,
        application=target.application.key,
        name=target.application.name,
        expected=expected,
        actual=actual,
        active=None if actual is None else bool(actual),
        checked_at=account.checked_at,
        state=_state(account, expected, organizations),
        attempts=account.attempts,
        last_failed_at=account.last_failed_at,
        next_try_at=next_attempt_at(account),
        error=error_code(account),
    )


def _actual_rights(
    account: Account, organizations: Mapping[uuid.UUID, uuid.UUID]
) -> list[RightSummary] | None:
    if account.observed:
        by_organization: dict[str, list[RightSummary]] = account.observed["rights"]
        return [right for key in organizations.values() for right in by_organization.get(str(key), [])]
    if account.acknowledged_active is None:
        return None
    return [right for key in organizations for right in account.acknowledged_rights.get(str(key), [])]


def _state(
    account: Account, expected: Sequence[RightSummary], organizations: Mapping[uuid.UUID, uuid.UUID]
) -> str:
    """Return the account's state; that a system knows the person for another organization only must not show here."""
    was_acknowledged = any(str(name) in account.acknowledged_rights for name in organizations)
    if account.state == Account.State.UP_TO_DATE and not expected and not was_acknowledged:
        return Account.State.NOT_NEEDED.value
    return str(account.state)


def next_attempt_at(account: Account) -> dt.datetime | None:
    """Return when the account is tried again; its target may be paused for longer."""
    due_at, target = account.due_at, account.target
    return (
        None if due_at is None else max(due_at, target.pause_until or due_at, target.paused_until or due_at)
    )


def error_code(account: Account) -> str:
    """Return a code of `provisioning.delivery.errors`; another account may have shown that the target is down."""
    waits_for_target = account.due_at is not None and account.target.down_since is not None
    return account.last_error or (Code.UNREACHABLE.value if waits_for_target else "")


def worst_states(*, memberships: Iterable[uuid.UUID]) -> dict[uuid.UUID, WorstState]:
    """Find the worst state of each member who has an account. One statement."""
    params = {"memberships": list(memberships), "worst": list(BY_SEVERITY)}
    rows = db.fetch_all(_WORST_STATES, params)
    return {
        membership: WorstState(BY_SEVERITY[rank - 1], application) for membership, rank, application in rows
    }


def usually_takes(*, targets: Iterable[uuid.UUID]) -> dict[uuid.UUID, float]:
    """Measure the seconds from an act on one person to its confirmation: the median of a target's last 50 in a week.

    A target with fewer than five is absent. One statement.
    """
    params = {
        "targets": list(targets),
        "recent": _RECENT,
        "fewest": _FEWEST,
        "sample": _SAMPLE,
        "since": clock.wall() - _PERIOD,
    }
    return {target: float(median) for target, median in db.fetch_all(_USUAL_TIMES, params)}


def delivery_lag() -> float:
    """Measure the seconds that the oldest due delivery has waited for a deliverer; 0.0 when none waits.

    Deliveries to unavailable or paused targets do not count (`unavailable_targets`).
    """
    at = clock.now()
    ((oldest,),) = db.fetch_all(_LAG, {"at": at})
    return (at - oldest).total_seconds() if oldest else 0.0


def running_deliverers() -> int:
    """Count the running deliverers."""
    return len(workers.live_workers())


def unavailable_targets() -> list[Target]:
    """Find the targets that are unavailable now."""
    return list(Target.objects.filter(is_active=True, down_since__isnull=False).select_related("application"))
