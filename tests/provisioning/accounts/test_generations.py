"""An outcome settles the generation it was computed from: an account that became due since then stays due."""

import datetime as dt
from typing import Any

import pytest
from django.db.models import F

from audit.foundation import clock
from delegation.people.commands import members as people_commands
from identity.people.models import User
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account, Delivery
from provisioning.accounts.task import AccountTask
from provisioning.connectors.connector import SyncResult
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import deliver_all, plan_all
from tests.fixtures.scim_users import only
from tests.fixtures.world import World, actor_of, bypassing_commands

SECOND = dt.timedelta(seconds=1)
WRITTEN = SyncResult(remote_id="r1", wrote=True, supports_patch=True)
SAME = SyncResult(remote_id="r1", wrote=False, supports_patch=True)


def only_due_account(world: World) -> Account:
    """Olli's account; every other one is settled."""
    plan_all()
    Account.objects.exclude(user=world.olli.user_id).update(due_at=None)
    return Account.objects.get(user=world.olli.user_id)


def lease(kind: AccountDeliveries, *, at: dt.datetime) -> AccountTask:
    (task,) = kind.lease(worker=1, at=at, in_flight={}) or []
    return task


def deliveries(account: Account) -> list[tuple[int, bool]]:
    """Generation of each delivery, and whether it is closed."""
    rows = Delivery.objects.filter(account=account).order_by("generation")
    return [(one.generation, one.done_at is not None) for one in rows]


def test_outcome_closes_deliveries_of_its_generation_only(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    account, at = only_due_account(world), clock.now()
    task = lease(accounts, at=at)
    leased = task.row.account.generation
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=700))
    plan_all()
    accounts.settle(outcomes=[DeliveryOutcome(task, result=WRITTEN)], at=at)
    assert deliveries(account)[-2:] == [(leased, True), (leased + 1, False)]
    account.refresh_from_db()
    assert (account.state, account.generation, account.leased_by) == ("updating", leased + 1, None)
    assert account.due_at is not None
    assert (account.remote_id, account.acknowledged_active, account.acknowledged_at) == ("r1", True, at)
    Account.objects.exclude(id=account.id).update(due_at=None)
    later = clock.now()
    accounts.settle(outcomes=[DeliveryOutcome(lease(accounts, at=later), result=WRITTEN)], at=later)
    account = Account.objects.get(id=account.id)
    assert all(closed for _, closed in deliveries(account))
    assert (account.due_at, account.state) == (None, "up_to_date")


def test_outcome_without_write_deletes_deliveries_of_its_generation_only(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    account, at = only_due_account(world), clock.now()
    task = lease(accounts, at=at)
    leased = task.row.account.generation
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=700))
    plan_all()
    accounts.settle(outcomes=[DeliveryOutcome(task, result=SAME)], at=at)
    assert deliveries(account) == [(leased + 1, False)]
    account.refresh_from_db()
    assert (account.acknowledged_at, account.checked_at) == (None, at)


def test_removal_during_a_call_stays_due_with_priority(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    account, at = only_due_account(world), clock.now()
    task = lease(accounts, at=at)
    world.remove(world.olli)
    plan_all()
    account.refresh_from_db()
    due, priority = account.due_at, account.priority
    accounts.settle(outcomes=[DeliveryOutcome(task, result=WRITTEN)], at=at + SECOND)
    account.refresh_from_db()
    assert (account.due_at, account.priority, priority) == (due, 0, 0)
    Account.objects.exclude(id=account.id).update(due_at=None)
    task = lease(accounts, at=clock.now())
    assert task.priority == 0
    assert task.row.desired.active is False
    accounts.settle(outcomes=[DeliveryOutcome(task, result=WRITTEN)], at=clock.now())
    account.refresh_from_db()
    assert (account.acknowledged_active, account.priority, account.due_at) == (False, 1, None)


@pytest.mark.parametrize("code", [Code.TARGET_ERROR, Code.REFUSED, Code.UNREACHABLE])
def test_failure_of_an_older_generation_does_not_delay_the_newer_one(
    world: World, ordering: Target, accounts: AccountDeliveries, code: Code
) -> None:
    account, at = only_due_account(world), clock.now()
    task = lease(accounts, at=at)
    Account.objects.filter(id=account.id).update(generation=F("generation") + 1, due_at=at + SECOND)
    accounts.settle(outcomes=[DeliveryOutcome(task, error=DeliveryError(code))], at=at)
    account.refresh_from_db()
    assert (account.due_at, account.attempts, account.leased_by) == (at + SECOND, 1, None)
    assert account.last_error == code.value
    assert all(not closed for _, closed in deliveries(account))


def test_lost_response_is_uncertain_until_the_call_has_ended(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    account, at = only_due_account(world), clock.now()
    accounts.settle(outcomes=[DeliveryOutcome(lease(accounts, at=at), error=DeliveryError(Code.LOST))], at=at)
    account.refresh_from_db()
    assert account.uncertain_until == at + 15 * SECOND
    later = at + 15 * SECOND - SECOND
    accounts.settle(outcomes=[DeliveryOutcome(lease(accounts, at=later), result=WRITTEN)], at=later)
    account.refresh_from_db()
    assert account.due_at == account.uncertain_until == at + 15 * SECOND
    end = at + 15 * SECOND
    accounts.settle(outcomes=[DeliveryOutcome(lease(accounts, at=end), result=SAME)], at=end)
    account = Account.objects.get(id=account.id)
    assert (account.due_at, account.uncertain_until) == (None, None)


@pytest.mark.parametrize(
    ("columns", "called"),
    [
        ({}, False),
        ({"acknowledged_digest": "0" * 64}, True),
        ({"remote_id": "r1"}, True),
        ({"last_error": "lost"}, True),
        ({"acknowledged_digest": "0" * 64, "acknowledged_active": True}, True),
        ({"acknowledged_digest": "0" * 64, "remote_id": "r1", "acknowledged_active": False}, False),
        ({"acknowledged_digest": "0" * 64, "acknowledged_active": False}, False),
        ({"remote_id": "r1", "acknowledged_active": False}, False),
        ({"acknowledged_active": False, "last_error": "busy"}, True),
        ({"acknowledged_active": False, "observed": {"active": True, "rights": {}}}, True),
        ({"acknowledged_active": False, "uncertain_until": dt.timedelta(seconds=5)}, True),
        ({"uncertain_until": dt.timedelta(seconds=-5)}, True),
    ],
    ids=str,
)
def test_leaver_is_deactivated_where_the_target_may_know_the_person(  # one case per reason to know
    *, world: World, ordering: Target, accounts: AccountDeliveries, columns: dict[str, Any], called: bool
) -> None:
    account, at = only_due_account(world), clock.now()
    world.remove(world.olli)
    plan_all()
    Account.objects.exclude(id=account.id).update(due_at=None)
    values = {
        name: at + value if isinstance(value, dt.timedelta) else value for name, value in columns.items()
    }
    Account.objects.filter(id=account.id).update(**{"uncertain_until": None, **values})
    tasks = accounts.lease(worker=1, at=at + SECOND, in_flight={})
    assert bool(tasks) is called
    account.refresh_from_db()
    assert (account.due_at is None) is not called
    if called and tasks:
        assert tasks[0].row.desired.record["active"] is False
    else:
        was_known = bool(columns.get("acknowledged_digest") or columns.get("remote_id"))
        assert account.state == ("up_to_date" if was_known else "not_needed")
        assert deliveries(account) == []


def test_acknowledged_record_needs_no_call(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    plan_all()
    assert deliver_all(accounts) > 0
    account = Account.objects.get(user=world.olli.user_id)
    at = clock.now()
    Account.objects.filter(id=account.id).update(due_at=at, generation=F("generation") + 1)
    assert accounts.lease(worker=1, at=at, in_flight={}) == []
    account.refresh_from_db()
    assert (account.due_at, account.state) == (None, "up_to_date")
    Account.objects.filter(id=account.id).update(due_at=at, acknowledged_digest="0" * 64)
    assert len(accounts.lease(worker=1, at=at, in_flight={}) or []) == 1


def write_without_reading(accounts: AccountDeliveries, shop: fake_target.Server, status: int) -> None:
    """Let the only due call fail: its write is executed, and every read is answered with this status."""
    plan_all()
    shop.be.odd = only("GET", "find", "list", status=status)
    task = lease(accounts, at=clock.now())
    with pytest.raises(DeliveryError) as failed:
        task.run()
    accounts.settle(outcomes=[DeliveryOutcome(task, error=failed.value)], at=clock.now())
    shop.be.odd = only()
    Target.objects.update(pause_until=None)


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_leaver_whose_activation_was_written_and_not_read_is_deactivated(
    world: World, ordering: Target, shop: fake_target.Server, accounts: AccountDeliveries, status: int
) -> None:
    plan_all()
    deliver_all(accounts)
    world.remove(world.olli)
    plan_all()
    deliver_all(accounts)
    access = world.access("orderer", sites=[world.oulu], amount=500)
    people_commands.restore(actor=actor_of(world.aino), memberships=[world.olli], access=access)
    write_without_reading(accounts, shop, status)
    assert shop.record_of(world.olli.user_id)["active"] is True
    world.remove(world.olli)
    plan_all()
    deliver_all(accounts)
    assert shop.record_of(world.olli.user_id)["active"] is False


def test_record_changed_back_after_a_write_that_was_not_read_is_written(
    world: World, ordering: Target, shop: fake_target.Server, accounts: AccountDeliveries
) -> None:
    plan_all()
    deliver_all(accounts)
    for name in ("Olli Virtanen", "Olli Mäkinen"):
        with bypassing_commands():
            User.objects.filter(id=world.olli.user_id).update(name=name)
        Account.objects.filter(user=world.olli.user_id).update(due_at=clock.now())
        if name == "Olli Virtanen":
            write_without_reading(accounts, shop, 429)
        else:
            deliver_all(accounts)
        assert shop.record_of(world.olli.user_id)["displayName"] == name


def test_call_in_flight_at_a_crash_is_uncertain_for_a_whole_lease(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    account, at = only_due_account(world), clock.now()
    task = lease(accounts, at=at)
    long = at + dt.timedelta(hours=1)
    Account.objects.filter(id=account.id).update(due_at=None)
    accounts.recover(at=at)
    account.refresh_from_db()
    assert (account.due_at, account.uncertain_until) == (at, at + 120 * SECOND)
    Account.objects.filter(id=account.id).update(uncertain_until=long)
    accounts.recover(at=at)
    account.refresh_from_db()
    assert account.uncertain_until == long, "a longer uncertainty is not shortened"
    accounts.settle(outcomes=[DeliveryOutcome(task, error=DeliveryError(Code.FAULT))], at=at)
