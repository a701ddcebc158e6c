"""Memberships at an instant: each condition by itself, and both ends of a half-open interval to the microsecond."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db.models import QuerySet

from audit.foundation import clock, ids
from identity.clients.models import Application
from identity.memberships import eligible_memberships
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import BusinessUnit, CustomerNumber, Organization
from tests.fixtures import grant_conditions
from tests.fixtures import world as worlds
from tests.fixtures.grant_conditions import HOUR
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

TICK = dt.timedelta(microseconds=1)
ACTIVE = {"active", "active or suspended", "active of user", "eligible"}


def queries_with(who: Membership, at: dt.datetime) -> set[str]:
    """Names of the queries whose result has this membership at `at`."""
    application = Application.objects.get(key="ordering").id
    queries = {
        "active": {row.id for row in memberships_queries.active(at=at)},
        "active or suspended": {row.id for row in memberships_queries.active_or_suspended(at=at)},
        "active of user": {row.id for row in memberships_queries.active_of_user(user=who.user, at=at)},
    }
    names = {name for name, ids in queries.items() if who.id in ids}
    eligible = eligible_memberships.for_application(user=who.user_id, application=application, at=at)
    return names | ({"eligible"} if who.id in {row.id for row in eligible} else set())


def _organization(world: World) -> QuerySet[Organization]:
    return Organization.objects.filter(id=world.koskela.id)


Change = Callable[[World, dt.datetime], AbstractContextManager[None]]
CONDITIONS: dict[str, tuple[Change, set[str]]] = {
    "organization closed": (
        lambda w, _: grant_conditions.changed(_organization(w), status="closed"),
        {"active or suspended"},
    ),
    "period suspended": (
        lambda w, _: grant_conditions.changed(grant_conditions.period(w), state="suspended"),
        {"active or suspended"},
    ),
    "period ends at the instant": (
        lambda w, at: grant_conditions.changed(grant_conditions.period(w), valid_until=at),
        set(),
    ),
    "period ends a tick later": (
        lambda w, at: grant_conditions.changed(grant_conditions.period(w), valid_until=at + TICK),
        ACTIVE,
    ),
    "period begins at the instant": (
        lambda w, at: grant_conditions.changed(grant_conditions.period(w), valid_from=at),
        ACTIVE,
    ),
    "period begins a tick later": (
        lambda w, at: grant_conditions.changed(grant_conditions.period(w), valid_from=at + TICK),
        set(),
    ),
    "membership of a service": (
        lambda w, _: grant_conditions.changed(grant_conditions.membership(w), kind="service"),
        ACTIVE - {"eligible"},
    ),
    "membership of another user": (
        lambda w, _: grant_conditions.changed(grant_conditions.membership(w), user=w.stina.user_id),
        {"active", "active or suspended"},
    ),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_membership_with_one_condition_changed_is_in_exactly_the_expected_queries(
    world: World, condition: str
) -> None:
    at = clock.now() + HOUR
    change, expected = CONDITIONS[condition]
    assert queries_with(world.mikko, at) == ACTIVE
    with change(world, at):
        assert queries_with(world.mikko, at) == expected
        assert queries_with(world.mikko_at_pohjola, at) == ACTIVE
        assert queries_with(world.olli, at) == (expected if "organization" in condition else ACTIVE)
    assert queries_with(world.mikko, at) == ACTIVE


def test_membership_without_a_period_is_in_no_query(world: World) -> None:
    with worlds.bypassing_commands():
        MembershipPeriod.objects.filter(membership=world.mikko).delete()
    assert queries_with(world.mikko, clock.now()) == set()


def test_membership_with_two_periods_is_active_in_each_and_not_between(world: World) -> None:
    at = clock.now()
    with worlds.bypassing_commands():
        grant_conditions.period(world).update(valid_from=at, valid_until=at + HOUR)
        MembershipPeriod.objects.create(membership=world.mikko, state="active", valid_from=at + 2 * HOUR)
    instants = [at - TICK, at, at + HOUR - TICK, at + HOUR, at + 2 * HOUR - TICK, at + 2 * HOUR]
    assert [bool(queries_with(world.mikko, instant)) for instant in instants] == [
        False,
        True,
        True,
        False,
        False,
        True,
    ]
    assert len(memberships_queries.active_of_user(user=world.mikko.user, at=at + 3 * HOUR)) == 2


def test_memberships_of_a_user_are_ordered_by_organization_name(world: World) -> None:
    rows = memberships_queries.active_of_user(user=world.mikko.user, at=clock.now())
    assert [row.id for row in rows] == [world.mikko_at_pohjola.id, world.mikko.id]
    with grant_conditions.changed(_organization(world), sort_key="a"):
        rows = memberships_queries.active_of_user(user=world.mikko.user, at=clock.now())
        assert [row.organization.key for row in rows] == ["koskela", "pohjola"]
        by_name = eligible_memberships.for_application(
            user=world.mikko.user_id, application=Application.objects.get(key="crm").id, at=clock.now()
        )
        assert [row.organization_key for row in by_name] == ["koskela", "pohjola"]
    assert {row.user.id for row in rows} == {world.mikko.user_id}


def test_eligible_membership_has_its_epoch_and_customer_number(world: World) -> None:
    application = Application.objects.get(key="ordering").id
    with grant_conditions.changed(grant_conditions.membership(world), epoch=9):
        rows = eligible_memberships.for_application(
            user=world.mikko.user_id, application=application, at=clock.now()
        )
    assert [(row.organization_key, row.epoch, row.customer_number) for row in rows] == [
        ("pohjola", 1, "K-pohjola"),
        ("koskela", 9, "K-koskela"),
    ]


def test_eligible_membership_without_a_number_in_the_application_s_unit_has_none(world: World) -> None:
    application = Application.objects.get(key="ordering")
    with worlds.bypassing_commands():
        other = BusinessUnit.objects.create(id=ids.uuid7(), key="other", name="Other")
    numbers = CustomerNumber.objects.filter(organization=world.koskela)
    with grant_conditions.changed(numbers, unit=other):
        eligible = eligible_memberships.for_application(
            user=world.olli.user_id, application=application.id, at=clock.now()
        )
        assert [row.customer_number for row in eligible] == [""]
    eligible = eligible_memberships.for_application(
        user=world.olli.user_id, application=application.id, at=clock.now()
    )
    assert [row.customer_number for row in eligible] == ["K-koskela"]
