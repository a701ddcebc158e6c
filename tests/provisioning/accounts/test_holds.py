"""A hold reaches the targets of every member, at its beginning, when it is lifted, and at its end without an act."""

import datetime as dt
import json

import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor
from delegation.holds import commands
from identity.memberships.models import Membership
from provisioning.accounts import planner
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.targets.models import Target
from tests.fixtures import deliveries, fake_target, holds
from tests.fixtures.world import OFFER, PLACE, World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager(world: World) -> Actor:
    return holds.account_manager(world)


def deliver(accounts: AccountDeliveries) -> None:
    deliveries.plan_all()
    deliveries.deliver_all(accounts)


def active(shop: fake_target.Server, member: Membership) -> bool:
    return bool(shop.record_of(member.user_id)["active"])


def assigned(shop: fake_target.Server, member: Membership) -> set[str]:
    record = json.dumps(shop.record_of(member.user_id))
    return {key for key in OFFER if f'"{key}"' in record}


def test_hold_on_an_application_deactivates_the_records_and_lifting_it_activates_them(
    world: World, manager: Actor, ordering: Target, shop: fake_target.Server, accounts: AccountDeliveries
) -> None:
    del ordering
    deliver(accounts)
    assert active(shop, world.olli)
    hold = holds.place(world, manager, "ordering")
    deliver(accounts)
    assert not active(shop, world.olli)
    assert active(shop, world.tiina)
    commands.lift(actor=manager, hold=hold)
    deliver(accounts)
    assert active(shop, world.olli)


def test_hold_on_an_entitlement_takes_it_out_of_the_records_until_its_end(
    world: World, manager: Actor, ordering: Target, shop: fake_target.Server, accounts: AccountDeliveries
) -> None:
    del ordering
    deliver(accounts)
    assert PLACE in assigned(shop, world.olli)
    end = clock.now() + dt.timedelta(hours=1)
    holds.place(world, manager, PLACE, until=end)
    deliver(accounts)
    assert PLACE not in assigned(shop, world.olli)
    assert active(shop, world.olli)
    move_clock(3601)
    assert planner.sweep(at=clock.now()) > 0
    deliver(accounts)
    assert PLACE in assigned(shop, world.olli)
