"""Other systems close the accounts of a suspended organization, services get logouts, and its end comes by itself."""

import datetime as dt
import uuid

import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor, system
from audit.models import Event
from delegation.suspensions import commands
from identity.organizations.models import Organization, Suspension
from provisioning import suspension_ends
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.logout.models import Logout
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import deliver_all, plan_all, sign_in
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, move_clock

DAY = dt.timedelta(days=1)


@pytest.fixture
def maarja(world: World) -> Actor:
    staff = Staff(world)
    return staff.hire("Maarja Kuusk", "account_manager", unit=staff.kivisalo)


def is_active(shop: fake_target.Server, user: uuid.UUID) -> bool:
    return bool(shop.record_of(user)["active"])


def test_systems_close_and_open_the_accounts_and_services_get_logouts_of_this_organization_alone(
    world: World, ordering: Target, accounts: AccountDeliveries, shop: fake_target.Server, maarja: Actor
) -> None:
    plan_all()
    deliver_all(accounts)
    vilma, mikko = world.vilma.user_id, world.mikko.user_id
    assert (is_active(shop, vilma), is_active(shop, mikko)) == (True, True)
    ended, other = sign_in(world.vilma), sign_in(world.mikko_at_pohjola)

    done = commands.suspend(actor=maarja, organization=world.koskela, reason="security")
    plan_all()
    assert Account.objects.get(user=vilma).priority == 0, "an ending overtakes updates"
    deliver_all(accounts)

    assert (is_active(shop, vilma), is_active(shop, mikko)) == (False, True)
    assert list(Logout.objects.values_list("sign_in_id", "act")) == [(ended.id, done.act)]
    assert other.id != ended.id

    commands.resume(
        actor=maarja, organization=world.koskela, suspension=Suspension.objects.get(valid_until=None).id
    )
    plan_all()
    deliver_all(accounts)
    assert is_active(shop, vilma)


@pytest.mark.django_db(transaction=True)
def test_stated_end_resumes_one_organization_by_the_system_and_no_later_suspension(
    world: World, maarja: Actor
) -> None:
    commands.suspend(actor=maarja, organization=world.koskela, reason="overdue", resume_at=clock.now() + DAY)
    commands.suspend(actor=system(), organization=world.pohjola, reason="overdue")
    assert suspension_ends.resume_due() == 0
    move_clock(DAY.total_seconds() + 1)
    assert [suspension_ends.resume_due() for _ in range(2)] == [1, 0]
    states = dict(Organization.objects.values_list("key", "status"))
    assert (states["koskela"], states["pohjola"]) == ("active", "suspended")
    event = Event.objects.get(verb="organization.resume", subject_kind="organization")
    assert event.actor_kind == "system"
