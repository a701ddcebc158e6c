"""The lag of deliveries: the oldest due one of every kind counts, and none that waits for its target."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from audit.foundation import clock
from identity.clients.models import Client
from provisioning.accounts import status
from provisioning.accounts.models import Account
from provisioning.logout.models import Logout
from provisioning.mail import queue
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft
from provisioning.targets.models import Target
from tests.fixtures.deliveries import sign_in
from tests.fixtures.world import World, bypassing_commands

SECOND = dt.timedelta(seconds=1)
Make = Callable[[World, dt.datetime], object]


@pytest.fixture
def now(world: World, ordering: Target, monkeypatch: pytest.MonkeyPatch) -> dt.datetime:
    """Nothing is due, and the clock stands still."""
    at = clock.now()
    Account.objects.update(due_at=None)
    Mail.objects.update(due_at=None)
    monkeypatch.setattr(clock, "now", lambda: at)
    return at


def account(world: World, due_at: dt.datetime) -> None:
    assert Account.objects.filter(user=world.mikko.user).update(due_at=due_at) == 1


def other_account(world: World, due_at: dt.datetime) -> None:
    assert Account.objects.filter(user=world.olli.user).update(due_at=due_at) == 1


def logout(world: World, due_at: dt.datetime) -> None:
    client = Client.objects.get(application__key="ordering")
    Logout.objects.create(sign_in=sign_in(world.mikko), client=client, ended_at=due_at, due_at=due_at)


def mail(world: World, due_at: dt.datetime) -> None:
    name = queue.queue(Draft(to=world.mikko.user.email, subject="Hei", text="Hei", purpose="invitation"))
    assert Mail.objects.filter(id=name).update(due_at=due_at) == 1


def test_lag_without_a_due_delivery_is_zero(now: dt.datetime) -> None:
    assert status.delivery_lag() == 0.0


@pytest.mark.parametrize("make", [account, logout, mail])
def test_lag_is_the_wait_of_a_delivery_of_any_kind(world: World, now: dt.datetime, make: Make) -> None:
    make(world, now - 60 * SECOND)
    assert status.delivery_lag() == 60.0


@pytest.mark.parametrize("make", [account, logout, mail])
def test_lag_excludes_a_delivery_that_is_due_later(world: World, now: dt.datetime, make: Make) -> None:
    make(world, now + SECOND)
    assert status.delivery_lag() == 0.0


@pytest.mark.parametrize("later", [other_account, logout, mail])
def test_lag_is_the_wait_of_the_oldest_delivery(world: World, now: dt.datetime, later: Make) -> None:
    account(world, now - 90 * SECOND)
    later(world, now - 60 * SECOND)
    assert status.delivery_lag() == 90.0


@pytest.mark.parametrize("change", [{"is_active": False}, {"failures": 1}])
def test_lag_excludes_accounts_of_this_target(world: World, now: dt.datetime, change: dict[str, Any]) -> None:
    account(world, now - 60 * SECOND)
    with bypassing_commands():
        Target.objects.update(**change)
    assert status.delivery_lag() == 0.0
