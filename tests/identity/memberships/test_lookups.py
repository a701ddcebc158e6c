"""Memberships found by address, and the end of a former one."""

import datetime as dt

import pytest

from audit.foundation import clock
from identity.memberships import queries as memberships_queries
from identity.memberships.models import MembershipPeriod
from identity.memberships.queries import FormerMembership
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def test_members_found_by_addresses_are_those_of_the_organization_alone(world: World) -> None:
    """Tiina has an account and is a member of another organization; the last address belongs to no account."""
    people = (world.mikko, world.olli, world.tiina)
    addresses = [*(person.user.email for person in people), "unknown@koskela.example"]
    found = memberships_queries.present_of_addresses(
        organization=world.koskela.id, addresses=addresses, at=clock.now()
    )
    assert found == {world.mikko.user.email: world.mikko.id, world.olli.user.email: world.olli.id}


def former(world: World, at: dt.datetime) -> FormerMembership | None:
    return memberships_queries.former_of_user(user=world.olli.user_id, organization_key="koskela", at=at)


def test_former_membership_is_the_last_period_from_its_end_on(world: World) -> None:
    assert former(world, clock.now()) is None
    end, tick = clock.now() + dt.timedelta(days=1), dt.timedelta(microseconds=1)
    with bypassing_commands():
        MembershipPeriod.objects.filter(membership=world.olli).update(valid_until=end)
    assert former(world, end - tick) is None
    assert former(world, end) == FormerMembership("Rakennusliike Koskela Oy", "Europe/Helsinki", end)


def test_former_membership_of_a_stranger_does_not_exist(world: World) -> None:
    found = memberships_queries.former_of_user(
        user=world.tiina.user_id, organization_key="koskela", at=clock.now()
    )
    assert found is None
