"""A resync also tries what waits for a retry: accounts, logout tokens, and a target in Keyholder's own pause."""

import datetime as dt

import pytest

from audit.foundation import clock
from provisioning.accounts import commands
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.errors import NothingToResync
from provisioning.accounts.models import Account
from provisioning.logout.models import Logout
from provisioning.targets.models import Target
from tests.fixtures import deliveries, fake_target
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World, actor_of


@pytest.fixture
def waiting(world: World, ordering: Target, accounts: AccountDeliveries, shop: fake_target.Server) -> Account:
    """Let Mikko's removal wait for a shop that is busy."""
    deliveries.plan_all()
    deliveries.deliver_all(accounts)
    shop.be.always = Fault(status=503)
    world.remove(world.mikko)
    deliveries.plan_all()
    assert deliveries.attempt_all(accounts) == 1
    return mikkos(world)


def mikkos(world: World) -> Account:
    return Account.objects.select_related("target").get(user=world.mikko.user)


def resync(world: World) -> None:
    commands.resync(actor=actor_of(world.aino), memberships=[world.mikko])


def test_account_that_waits_for_a_retry_is_due_at_once(
    world: World, waiting: Account, accounts: AccountDeliveries
) -> None:
    later = clock.now() + dt.timedelta(hours=1)
    Account.objects.filter(id=waiting.id).update(due_at=later)
    resync(world)
    assert deliveries.attempt_all(accounts) == 1
    assert mikkos(world).attempts == 2


def test_failed_account_of_an_available_target_is_due_at_once(world: World, waiting: Account) -> None:
    later = clock.now() + dt.timedelta(minutes=10)
    Account.objects.filter(id=waiting.id).update(due_at=later, last_error="target_error", attempts=2)
    Target.objects.filter(id=waiting.target_id).update(down_since=None, pause_until=None, failures=0)
    resync(world)
    assert (mikkos(world).due_at or later) < later


def test_pause_that_the_target_asked_for_stands(
    world: World, waiting: Account, accounts: AccountDeliveries
) -> None:
    asked = clock.now() + dt.timedelta(minutes=30)
    Target.objects.filter(id=waiting.target_id).update(pause_until=asked)
    resync(world)
    assert mikkos(world).target.pause_until == asked
    assert deliveries.attempt_all(accounts) == 0


def test_failures_of_an_available_target_are_counted_again(world: World, waiting: Account) -> None:
    Account.objects.filter(id=waiting.id).update(last_error="refused", attempts=7)
    resync(world)
    assert mikkos(world).attempts == 0


def test_logout_token_that_waits_for_a_retry_is_due_at_once(world: World, ordering: Target) -> None:
    deliveries.sign_in(world.mikko)
    world.remove(world.mikko)
    deliveries.plan_all()
    later = clock.now() + dt.timedelta(hours=1)
    Account.objects.update(due_at=None, attempts=0)
    Logout.objects.update(due_at=later, attempts=3)
    resync(world)
    assert (Logout.objects.get().due_at or later) < later


def test_account_without_a_failure_is_not_resynced(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    deliveries.plan_all()
    deliveries.deliver_all(accounts)
    with pytest.raises(NothingToResync):
        resync(world)
