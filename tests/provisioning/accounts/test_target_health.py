"""What outcomes show of a target: several in one batch, and those that show nothing."""

import datetime as dt
from typing import Any

import pytest

from audit.foundation import clock
from provisioning.accounts import target_health
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.accounts.task import AccountOutcome
from provisioning.connectors.connector import SyncResult
from provisioning.delivery import errors
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.targets.models import Target
from tests.fixtures.deliveries import plan_all
from tests.fixtures.world import World, bypassing_commands

SECOND = dt.timedelta(seconds=1)
SAYS_NOTHING = set(Code) - errors.TARGET_UNAVAILABLE - errors.ANSWERED
DOWN = DeliveryError(Code.UNREACHABLE)
ANSWERED = DeliveryError(Code.REFUSED)
DONE = SyncResult("r1", wrote=True)


def busy(seconds: int) -> DeliveryError:
    return DeliveryError(Code.BUSY, retry_after=seconds * SECOND)


def record(
    kind: AccountDeliveries, target: Target, *shown: DeliveryError | SyncResult | None, **health: Any
) -> dt.datetime:
    """Record these outcomes of as many accounts in one batch; None: no call was needed. Returns its instant."""
    plan_all()
    Account.objects.update(due_at=clock.now())
    at = clock.now()
    tasks = kind.lease(worker=1, at=at, in_flight={}) or []
    with bypassing_commands():
        Target.objects.filter(id=target.id).update(**health)
    succeeded, failed = list[AccountOutcome](), list[AccountOutcome]()
    for task, one in zip(tasks, shown, strict=False):
        if isinstance(one, DeliveryError):
            failed.append(DeliveryOutcome(task, error=one))
        else:
            succeeded.append(DeliveryOutcome(task, result=one))
    assert len(succeeded) + len(failed) == len(shown)
    target_health.record(succeeded=succeeded, failed=failed, at=at)
    target.refresh_from_db()
    return at


@pytest.mark.parametrize("shown", [None, *(DeliveryError(code) for code in sorted(SAYS_NOTHING))])
def test_outcome_that_says_nothing_of_its_target_leaves_an_outage_as_it_is(
    world: World, ordering: Target, accounts: AccountDeliveries, shown: DeliveryError | None
) -> None:
    since = clock.now() - 60 * SECOND
    record(accounts, ordering, shown, failures=3, down_since=since)
    assert (ordering.failures, ordering.down_since, ordering.pause_until) == (3, since, None)


@pytest.mark.parametrize("shown", [(DOWN, ANSWERED), (ANSWERED, DOWN), (DOWN, DOWN)])
def test_target_with_a_failed_call_in_the_batch_is_unavailable_whatever_it_answered_besides(
    world: World, ordering: Target, accounts: AccountDeliveries, shown: tuple[DeliveryError, ...]
) -> None:
    at = record(accounts, ordering, *shown)
    assert (ordering.failures, ordering.down_since) == (1, at)
    assert ordering.pause_until == at + SECOND


@pytest.mark.parametrize("shown", [(DOWN, DONE), (DONE, DOWN), (busy(30), DONE)])
def test_target_with_a_success_in_the_batch_is_available(
    world: World, ordering: Target, accounts: AccountDeliveries, shown: tuple[DeliveryError | SyncResult, ...]
) -> None:
    record(accounts, ordering, *shown, failures=3, down_since=clock.now())
    assert (ordering.failures, ordering.down_since, ordering.pause_until) == (0, None, None)


@pytest.mark.parametrize(
    "shown", [(busy(30), busy(10)), (busy(10), busy(30)), (busy(30), DOWN), (DOWN, busy(30))]
)
def test_target_pauses_for_the_longest_time_that_it_asked_for(
    world: World, ordering: Target, accounts: AccountDeliveries, shown: tuple[DeliveryError, ...]
) -> None:
    at = record(accounts, ordering, *shown)
    assert ordering.pause_until == at + 30 * SECOND


@pytest.mark.parametrize("shown", [DONE, ANSWERED, DOWN, None])
def test_outcome_without_a_patch_shows_nothing_of_patch(
    world: World, ordering: Target, accounts: AccountDeliveries, shown: DeliveryError | SyncResult | None
) -> None:
    record(accounts, ordering, shown, supports_patch=False, without_patch=7)
    assert (ordering.supports_patch, ordering.without_patch) == (False, 7)


def test_changed_record_shows_that_a_target_has_patch(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    patched = SyncResult("r1", wrote=True, supports_patch=True)
    record(accounts, ordering, patched, supports_patch=False, without_patch=7)
    assert (ordering.supports_patch, ordering.without_patch) == (True, None)


def test_outcomes_of_one_target_change_no_other(
    world: World, ordering: Target, contacts: Target, accounts: AccountDeliveries
) -> None:
    plan_all()
    tasks = accounts.lease(worker=1, at=clock.now(), in_flight={}) or []
    failed = [DeliveryOutcome(task, error=DOWN) for task in tasks if task.queue == ordering.id]
    succeeded = [DeliveryOutcome(task, result=DONE) for task in tasks if task.queue == contacts.id]
    assert failed
    assert succeeded
    target_health.record(succeeded=succeeded, failed=failed, at=clock.now())
    failures = Target.objects.order_by("application__key").values_list("application__key", "failures")
    assert [*failures] == [("crm", 0), ("ordering", 1)]
