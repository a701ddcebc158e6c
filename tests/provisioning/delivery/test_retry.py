"""When a failed delivery is retried, for every code, and when a failing target is called again."""

import datetime as dt
import random
from typing import Any

import pytest

from audit.foundation import clock
from provisioning.accounts import target_health
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.accounts.task import AccountTask
from provisioning.connectors.connector import SyncResult
from provisioning.delivery import errors, retry
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.targets.models import Target
from tests.fixtures.deliveries import plan_all
from tests.fixtures.world import World, bypassing_commands

HOUR = 3600.0
TARGET = {Code.UNREACHABLE, Code.LOST, Code.BUSY}
"""Errors of the target as a whole: it is called again within seconds."""
PERMANENT = {
    Code.ADDRESS_REFUSED,
    Code.AMBIGUOUS,
    Code.CONFLICT,
    Code.NO_SUCH_RECIPIENT,
    Code.REFUSED,
    Code.UNAUTHORIZED,
}
"""Retried every hour."""


class Edge(random.Random):
    """Returns one end of the requested range."""

    def __init__(self, *, upper: bool) -> None:
        super().__init__()
        self.upper = upper

    def uniform(self, a: float, b: float) -> float:
        return b if self.upper else a


def bounds(monkeypatch: pytest.MonkeyPatch, *, attempts: int, code: Code) -> tuple[float, float]:
    """The shortest and the longest delay, in seconds."""
    delays = []
    for upper in (False, True):
        monkeypatch.setattr(retry, "_random", Edge(upper=upper))
        delays.append(round(retry.delay(attempts=attempts, code=code).total_seconds(), 3))
    return delays[0], delays[1]


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize(
    ("attempts", "doubled"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (12, 2048), (13, HOUR), (14, HOUR), (10_000, HOUR)],
)
def test_delay_doubles_up_to_an_hour_with_jitter(
    monkeypatch: pytest.MonkeyPatch, code: Code, attempts: int, doubled: float
) -> None:
    delays = bounds(monkeypatch, attempts=attempts, code=code)
    if code in PERMANENT or (code is Code.NOT_APPLIED and attempts >= 4):
        assert delays == (0.9 * HOUR, HOUR)
    else:
        middle = min(doubled, 5) if code in TARGET else doubled
        assert delays == (round(0.8 * middle, 3), round(1.2 * middle, 3))


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("attempts", [1, 4, 10_000])
@pytest.mark.parametrize("asked", [0, 7, 3600, 86_400])
def test_retry_after_lengthens_the_delay_up_to_an_hour_and_never_shortens_it(
    monkeypatch: pytest.MonkeyPatch, code: Code, attempts: int, asked: int
) -> None:
    monkeypatch.setattr(retry, "_random", Edge(upper=False))
    own = retry.delay(attempts=attempts, code=code).total_seconds()
    delay = retry.delay(attempts=attempts, code=code, retry_after=dt.timedelta(seconds=asked))
    assert delay.total_seconds() == max(own, min(asked, 3600))


def lease(kind: AccountDeliveries, target: Target, **health: Any) -> AccountTask:
    """Lease one account of this target, whose health columns are set first."""
    plan_all()
    with bypassing_commands():
        Target.objects.filter(id=target.id).update(**health)
    return (kind.lease(worker=1, at=clock.now(), in_flight={}) or [])[0]


@pytest.mark.parametrize(("failures", "pause"), [(0, 1), (1, 2), (2, 4), (3, 5), (4, 5), (200, 5)])
def test_unavailable_target_pauses_longer_each_time_up_to_five_seconds(
    world: World, ordering: Target, accounts: AccountDeliveries, failures: int, pause: int
) -> None:
    at = clock.now()
    since = at - dt.timedelta(minutes=1) if failures else None
    task = lease(accounts, ordering, failures=failures, down_since=since)
    accounts.settle(outcomes=[DeliveryOutcome(task, error=DeliveryError(Code.UNREACHABLE))], at=at)
    ordering.refresh_from_db()
    assert ordering.failures == failures + 1
    assert ordering.down_since == (since or at)
    assert ordering.pause_until == at + dt.timedelta(seconds=pause)


@pytest.mark.parametrize(
    ("asked", "failures", "pause"),
    [(0, 0, 1), (0, 9, 5), (1, 9, 5), (30, 0, 30), (3600, 0, 3600), (86_400, 9, 3600)],
)
def test_target_pauses_for_its_retry_after_up_to_an_hour_and_no_shorter_than_without_one(
    world: World, ordering: Target, accounts: AccountDeliveries, asked: int, failures: int, pause: int
) -> None:
    at, error = clock.now(), DeliveryError(Code.BUSY, retry_after=dt.timedelta(seconds=asked))
    task = lease(accounts, ordering, failures=failures)
    accounts.settle(outcomes=[DeliveryOutcome(task, error=error)], at=at)
    ordering.refresh_from_db()
    assert ordering.pause_until == at + dt.timedelta(seconds=pause)


@pytest.mark.parametrize("code", [code for code in Code if code not in TARGET])
def test_error_of_one_record_pauses_no_target(
    world: World, ordering: Target, accounts: AccountDeliveries, code: Code
) -> None:
    accounts.settle(
        outcomes=[DeliveryOutcome(lease(accounts, ordering), error=DeliveryError(code))], at=clock.now()
    )
    ordering.refresh_from_db()
    assert (ordering.failures, ordering.pause_until, ordering.down_since) == (0, None, None)


@pytest.mark.parametrize("code", sorted(errors.ANSWERED))
def test_answer_about_a_record_ends_the_pause_of_its_target(
    world: World, ordering: Target, accounts: AccountDeliveries, code: Code
) -> None:
    at = clock.now()
    task = lease(accounts, ordering, failures=3, down_since=at, pause_until=at)
    accounts.settle(outcomes=[DeliveryOutcome(task, error=DeliveryError(code))], at=at)
    ordering.refresh_from_db()
    assert (ordering.failures, ordering.pause_until, ordering.down_since) == (0, None, None)


def test_success_ends_the_pause(world: World, ordering: Target, accounts: AccountDeliveries) -> None:
    at = clock.now()
    task = lease(accounts, ordering, failures=3, down_since=at, pause_until=at)
    accounts.settle(outcomes=[DeliveryOutcome(task, result=SyncResult("r1", wrote=True))], at=at)
    ordering.refresh_from_db()
    assert (ordering.failures, ordering.pause_until, ordering.down_since) == (0, None, None)


@pytest.mark.parametrize(
    ("shown", "stored"),
    [
        ([(0, False)], True),
        ([(0, False), (0, False), (0, False)], True),
        ([(0, False), (0, None), (1, None)], True),
        ([(0, False), (1, False)], False),
        ([(0, False), (1, True), (2, False)], True),
        ([(0, False), (1, False), (2, True)], True),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_target_has_no_patch_once_two_records_have_shown_it_and_none_the_opposite(
    *,
    world: World,
    ordering: Target,
    accounts: AccountDeliveries,
    shown: list[tuple[int, bool | None]],
    stored: bool,
    together: bool,
) -> None:
    plan_all()
    tasks = accounts.lease(worker=1, at=clock.now(), in_flight={}) or []
    outcomes = [
        DeliveryOutcome(tasks[number], result=SyncResult(f"r{number}", wrote=True, supports_patch=patched))
        for number, patched in shown
    ]
    if together:
        # One record that was changed by PATCH counts more than any that was not.
        stored = stored or any(patched for _, patched in shown)
    for batch in [outcomes] if together else [[outcome] for outcome in outcomes]:
        target_health.record(succeeded=batch, failed=[], at=clock.now())
    ordering.refresh_from_db()
    assert ordering.supports_patch is stored


@pytest.mark.parametrize(
    ("code", "attempts", "state"),
    [
        (Code.TARGET_ERROR, 3, "updating"),
        (Code.TARGET_ERROR, 4, "failed"),
        (Code.UNREADABLE, 4, "failed"),
        (Code.UNREACHABLE, 400, "updating"),
        (Code.REFUSED, 0, "failed"),
        (Code.NOT_APPLIED, 0, "updating"),
        (Code.NOT_APPLIED, 2, "updating"),
        (Code.NOT_APPLIED, 3, "out_of_date"),
    ],
)
def test_account_fails_at_once_or_at_its_fifth_failure_unless_the_target_is_unavailable(
    *, world: World, ordering: Target, accounts: AccountDeliveries, code: Code, attempts: int, state: str
) -> None:
    plan_all()
    Account.objects.update(attempts=attempts, last_error=code if attempts else "")
    task = lease(accounts, ordering)
    accounts.settle(outcomes=[DeliveryOutcome(task, error=DeliveryError(code))], at=clock.now())
    account = Account.objects.get(id=task.row.account.id)
    assert (account.state, account.attempts) == (state, attempts + 1)


def test_write_that_is_not_shown_is_counted_from_its_own_first_time(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    """A target that was unavailable before may show its first write too late, like any other."""
    plan_all()
    Account.objects.update(attempts=40, last_error=Code.BUSY)
    task = lease(accounts, ordering)
    error = DeliveryError(Code.NOT_APPLIED, remote_id="r1")
    accounts.settle(outcomes=[DeliveryOutcome(task, error=error)], at=clock.now())
    account = Account.objects.get(id=task.row.account.id)
    assert (account.state, account.attempts, account.remote_id) == ("updating", 1, "r1")


@pytest.mark.parametrize("before", [Code.UNREADABLE, Code.TARGET_ERROR, Code.NOT_APPLIED])
def test_write_that_is_not_shown_by_a_target_that_answers_is_counted_on(
    world: World, ordering: Target, accounts: AccountDeliveries, before: Code
) -> None:
    """Errors that alternate would otherwise begin again with short delays, 184 requests a minute."""
    plan_all()
    Account.objects.update(attempts=3, last_error=before)
    task = lease(accounts, ordering)
    accounts.settle(outcomes=[DeliveryOutcome(task, error=DeliveryError(Code.NOT_APPLIED))], at=clock.now())
    account = Account.objects.get(id=task.row.account.id)
    assert (account.state, account.attempts) == ("out_of_date", 4)


def test_acknowledged_rights_are_stored(world: World, ordering: Target, accounts: AccountDeliveries) -> None:
    task = lease(accounts, ordering)
    result = SyncResult(remote_id="r1", wrote=True, supports_patch=True)
    accounts.settle(outcomes=[DeliveryOutcome(task, result=result)], at=clock.now())
    account = Account.objects.get(id=task.row.account.id)
    assert account.acknowledged_rights == task.row.desired.rights
    assert account.acknowledged_digest == task.row.desired.digest
