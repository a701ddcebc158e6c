"""A right holds only while every factor of its definition does: one case each, and each boundary to the microsecond."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import QuerySet

from audit.foundation import clock
from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from delegation.authorization.models.assignments import Assignment, AssignmentLimit
from delegation.authorization.models.ceilings import Ceiling, Hold
from delegation.authorization.models.roles import Entitlement, RoleEntitlement, RoleVersion
from delegation.authorization.values import AccessSpec, AmountLimit
from identity.clients.models import Application
from identity.memberships.models import MembershipPeriod
from identity.organizations.models import Organization
from identity.people.models import User
from tests.fixtures import suspended
from tests.fixtures.world import PLACE, World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

TICK = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)
SEE = "ordering:orders.see"


def rights(world: World, at: dt.datetime | None = None, *, of: str = PLACE) -> list[Right]:
    """Mikko's rights to one entitlement, an order's by default."""
    found = entitlements.rights_of(memberships=[world.mikko.id], at=at or clock.now())[world.mikko.id]
    return [right for right in found if right.entitlement == of]


def supposed(world: World, access: AccessSpec, *, of: str = PLACE) -> list[Right]:
    """The rights of a hypothetical member of Koskela with this access."""
    found = entitlements.hypothetical_rights(organization=world.koskela.id, access=access, at=clock.now())
    return [right for right in found if right.entitlement == of]


def ceiling(world: World, key: str = PLACE) -> QuerySet[Ceiling]:
    return Ceiling.objects.filter(organization=world.koskela, entitlement__key=key)


def limit(world: World) -> QuerySet[AssignmentLimit]:
    return AssignmentLimit.objects.filter(assignment__membership=world.mikko)


def hold(organization: Organization, key: str, **interval: dt.datetime | None) -> Hold:
    return Hold.objects.create(
        organization=organization,
        entitlement=Entitlement.objects.filter(key=key).first(),
        application=Application.objects.filter(key=key).first(),
        reason=Hold.Reason.OVERDUE,
        placed_by=organization.id,
        placed_by_kind="staff",
        act=organization.id,
        **{"valid_from": clock.now(), "valid_until": None, **interval},
    )


Change = Callable[[World], Any]

TAKEN_AWAY: dict[str, Change] = {
    "organization suspended": lambda w: suspended.organization(w.koskela),
    "organization closed": lambda w: Organization.objects.filter(id=w.koskela.id).update(status="closed"),
    "person blocked": lambda w: User.all_directories.filter(id=w.mikko.user_id).update(is_active=False),
    "application not in force": lambda _: Application.objects.filter(key="ordering").update(is_active=False),
    "membership suspended": lambda w: MembershipPeriod.objects.filter(membership=w.mikko).update(
        state="suspended"
    ),
    "no period": lambda w: MembershipPeriod.objects.filter(membership=w.mikko).delete(),
    "allowed dropped": lambda _: RoleEntitlement.objects.filter(
        version__role__key="orderer", entitlement__key=PLACE
    ).update(allowed=False, assignable=True),
    "entitlement dropped from the role": lambda _: RoleEntitlement.objects.filter(
        version__role__key="orderer", entitlement__key=PLACE
    ).delete(),
    "no ceiling": lambda w: ceiling(w).delete(),
    "ceiling in another currency": lambda w: ceiling(w).update(currency="SEK"),
    "hold": lambda w: hold(w.koskela, PLACE),
    "hold on the application": lambda w: hold(w.koskela, "ordering"),
}
OF_ONE_ENTITLEMENT = {
    "allowed dropped",
    "entitlement dropped from the role",
    "no ceiling",
    "ceiling in another currency",
    "hold",
}
OF_ONE_APPLICATION = {"application not in force", "hold on the application"}
NOT_OF_THE_ORGANIZATION = {"person blocked", "membership suspended", "no period"}
"""Factors of Mikko's own rows: a hypothetical member has none of them."""


@pytest.mark.parametrize("case", TAKEN_AWAY)
def test_right_ends_when_a_factor_does(world: World, case: str) -> None:
    others = entitlements.rights_of(memberships=[world.stina.id], at=clock.now())
    crm = rights(world, of="crm:tickets.create")
    assert len(rights(world)) == 1

    with bypassing_commands():
        TAKEN_AWAY[case](world)

    assert rights(world) == []
    assert bool(rights(world, of=SEE)) == (case in OF_ONE_ENTITLEMENT)
    unaffected = case in OF_ONE_ENTITLEMENT | OF_ONE_APPLICATION
    assert rights(world, of="crm:tickets.create") == (crm if unaffected else [])
    same_application = case == "application not in force"
    assert same_application or entitlements.rights_of(memberships=[world.stina.id], at=clock.now()) == others


@pytest.mark.parametrize("case", sorted(TAKEN_AWAY.keys() - NOT_OF_THE_ORGANIZATION))
def test_hypothetical_right_ends_when_a_factor_does(world: World, case: str) -> None:
    access = world.access("orderer", sites=[world.tampere], amount=5000)
    assert len(supposed(world, access)) == 1
    with bypassing_commands():
        TAKEN_AWAY[case](world)
    assert supposed(world, access) == []


LEFT_ALONE: dict[str, Change] = {
    "another organization closed": lambda w: Organization.objects.filter(id=w.pohjola.id).update(
        status="closed"
    ),
    "another application not in force": lambda _: Application.objects.filter(key="crm").update(
        is_active=False
    ),
    "another person blocked": lambda w: User.all_directories.filter(id=w.olli.user_id).update(
        is_active=False
    ),
    "membership elsewhere suspended": lambda w: MembershipPeriod.objects.filter(
        membership=w.mikko_at_pohjola
    ).update(state="suspended"),
    "hold on another entitlement": lambda w: hold(w.koskela, SEE),
    "hold at another organization": lambda w: hold(w.pohjola, PLACE),
    "hold on another application": lambda w: hold(w.koskela, "crm"),
    "hold on the application at another organization": lambda w: hold(w.pohjola, "ordering"),
    "ceiling of another entitlement": lambda w: ceiling(w, SEE).delete(),
    "ceiling of another organization": lambda w: Ceiling.objects.filter(organization=w.pohjola).delete(),
    "another role": lambda _: RoleEntitlement.objects.filter(version__role__key="approver").delete(),
    "limit of another colleague": lambda w: AssignmentLimit.objects.filter(
        assignment__membership=w.olli
    ).delete(),
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_right_is_unchanged_when_an_unrelated_row_changes(world: World, case: str) -> None:
    before = rights(world)
    access = world.access("orderer", sites=[world.tampere], amount=5000)
    with bypassing_commands():
        LEFT_ALONE[case](world)
    assert rights(world) == before
    assert [right.amount for right in supposed(world, access)] == [Decimal(5000)]


AMOUNTS: dict[str, tuple[Change, tuple[Decimal | None, str, str]]] = {
    "limit below the ceiling": (lambda _: None, (Decimal("5000.00"), "EUR", "order")),
    "ceiling below the limit": (lambda w: ceiling(w).update(amount=10), (Decimal("10.00"), "EUR", "order")),
    "ceiling a cent below": (
        lambda w: ceiling(w).update(amount=Decimal("4999.99")),
        (Decimal("4999.99"), "EUR", "order"),
    ),
    "ceiling without limit": (
        lambda w: ceiling(w).update(amount=None),
        (Decimal("5000.00"), "EUR", "order"),
    ),
    "ceiling without limit in another currency": (
        lambda w: ceiling(w).update(amount=None, currency="SEK"),
        (Decimal("5000.00"), "EUR", "order"),
    ),
    "limit missing": (lambda w: limit(w).delete(), (Decimal(0), "EUR", "order")),
    "limit of another entitlement": (
        lambda w: limit(w).update(entitlement=Entitlement.objects.get(key=SEE)),
        (Decimal(0), "EUR", "order"),
    ),
    "limit missing and ceiling without limit": (
        lambda w: (limit(w).delete(), ceiling(w).update(amount=None)),
        (Decimal(0), "EUR", "order"),
    ),
    "limit missing, ceiling in crowns": (
        lambda w: (limit(w).delete(), ceiling(w).update(currency="SEK")),
        (Decimal(0), "SEK", "order"),
    ),
    "without limit up to the ceiling": (
        lambda w: limit(w).update(amount=None),
        (Decimal("20000.00"), "EUR", "order"),
    ),
    "without limit, ceiling now in crowns": (
        lambda w: (limit(w).update(amount=None), ceiling(w).update(currency="SEK")),
        (Decimal("20000.00"), "SEK", "order"),
    ),
    "without limit at all": (
        lambda w: (limit(w).update(amount=None), ceiling(w).update(amount=None)),
        (None, "EUR", "order"),
    ),
    "without limit in crowns, ceiling without currency": (
        lambda w: (
            limit(w).update(amount=None, currency="SEK"),
            ceiling(w).update(amount=None, currency=""),
        ),
        (None, "SEK", "order"),
    ),
    "limit missing, ceiling without currency": (
        lambda w: (limit(w).delete(), ceiling(w).update(amount=None, currency="")),
        (Decimal(0), "", "order"),
    ),
    "per month": (lambda w: limit(w).update(period="month"), (Decimal("5000.00"), "EUR", "month")),
    "both in crowns": (
        lambda w: (limit(w).update(currency="SEK"), ceiling(w).update(currency="SEK")),
        (Decimal("5000.00"), "SEK", "order"),
    ),
}


@pytest.mark.parametrize("case", AMOUNTS)
def test_amount_is_the_lower_of_limit_and_ceiling(world: World, case: str) -> None:
    change, expected = AMOUNTS[case]
    with bypassing_commands():
        change(world)
    assert [(right.amount, right.currency, right.period) for right in rights(world)] == [expected]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({PLACE: AmountLimit(Decimal(5000))}, (Decimal("5000.00"), "EUR", "order")),
        ({PLACE: AmountLimit(Decimal(30000))}, (Decimal("20000.00"), "EUR", "order")),
        ({PLACE: AmountLimit(None)}, (Decimal("20000.00"), "EUR", "order")),
        ({PLACE: AmountLimit(Decimal(7), period="week")}, (Decimal("7.00"), "EUR", "week")),
        ({SEE: AmountLimit(Decimal(7))}, (Decimal(0), "EUR", "order")),
        ({}, (Decimal(0), "EUR", "order")),
    ],
)
def test_hypothetical_amount_is_the_lower_of_limit_and_ceiling(
    world: World, limits: dict[str, AmountLimit], expected: tuple[Decimal | None, str, str]
) -> None:
    access = AccessSpec(role="orderer", all_sites=True, limits=limits)
    found = supposed(world, access)
    assert [(right.amount, right.currency, right.period) for right in found] == [expected]


def test_entitlement_without_amount_ignores_currencies(world: World) -> None:
    with bypassing_commands():
        limit(world).update(entitlement=Entitlement.objects.get(key=SEE), currency="SEK")
        ceiling(world, SEE).update(amount=1, currency="EUR")
    assert [(right.takes_amount, right.amount) for right in rights(world, of=SEE)] == [(False, None)]


def test_several_assignments_give_separate_rights(world: World) -> None:
    with bypassing_commands():
        second = Assignment.objects.get(membership=world.olli)
        Assignment.objects.filter(id=second.id).update(membership=world.mikko)
    assert [(right.amount, [site.name for site in right.sites]) for right in rights(world)] == [
        (Decimal("5000.00"), ["Tampere"]),
        (Decimal("500.00"), ["Oulu"]),
    ]
    assert {right.assignment for right in rights(world)} >= {second.id}
    assert entitlements.rights_of(memberships=[world.olli.id], at=clock.now()) == {world.olli.id: []}


def test_sites_of_a_right_are_in_the_order_of_their_names(world: World) -> None:
    places = [world.tampere, world.tallinn, world.oulu]
    world.change(world.mikko, world.access("orderer", sites=places))
    (right,) = rights(world)
    assert [site.name for site in right.sites] == ["Oulu", "Tallinn", "Tampere"]
    assert [site.id for site in right.sites] == [world.oulu.id, world.tallinn.id, world.tampere.id]
    (other,) = supposed(world, world.access("orderer", sites=places))
    assert other.sites == right.sites


def _interval(rows: QuerySet[Any, Any]) -> Callable[[dt.datetime, dt.datetime], None]:
    def change(begin: dt.datetime, end: dt.datetime) -> None:
        with bypassing_commands():
            assert rows.update(valid_from=begin, valid_until=end) == 1

    return change


INTERVALS: dict[str, Callable[[World], QuerySet[Any, Any]]] = {
    "period": lambda w: MembershipPeriod.objects.filter(membership=w.mikko),
    "assignment": lambda w: Assignment.objects.filter(membership=w.mikko),
    "role version": lambda _: RoleVersion.objects.filter(role__key="orderer"),
    "ceiling": ceiling,
}


@pytest.mark.parametrize("kind", INTERVALS)
def test_right_holds_from_the_first_instant_to_just_before_the_last(world: World, kind: str) -> None:
    begin, end = clock.now() + DAY, clock.now() + 2 * DAY
    _interval(INTERVALS[kind](world))(begin, end)
    assert [bool(rights(world, at)) for at in (begin - TICK, begin, end - TICK, end, end + TICK)] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert {(right.valid_from, right.valid_until) for right in rights(world, begin)} == {(begin, end)}


@pytest.mark.parametrize("kind", INTERVALS)
def test_next_change_is_the_next_boundary_of_every_interval(world: World, kind: str) -> None:
    at = clock.now()
    begin, end = at + DAY, at + 2 * DAY
    ids = [world.mikko.id, world.stina.id]
    assert entitlements.next_change(memberships=ids, at=at) == {}

    _interval(INTERVALS[kind](world))(begin, end)

    instants = {at: begin, begin - TICK: begin, begin: end, end - TICK: end}
    assert {one: entitlements.next_change(memberships=ids, at=one) for one in instants} == {
        one: {world.mikko.id: then} for one, then in instants.items()
    }
    assert entitlements.next_change(memberships=ids, at=end) == {}
    assert entitlements.next_change(memberships=[world.stina.id], at=at) == {}


def test_hold_stops_a_right_from_its_first_instant_to_its_last(world: World) -> None:
    at = clock.now()
    begin, end = at + DAY, at + 2 * DAY
    with bypassing_commands():
        hold(world.koskela, PLACE, valid_from=begin, valid_until=end)
    assert [bool(rights(world, one)) for one in (begin - TICK, begin, end - TICK, end)] == [
        True,
        False,
        False,
        True,
    ]
    ids = [world.mikko.id, world.stina.id]
    instants = {at: begin, begin - TICK: begin, begin: end, end - TICK: end}
    assert {one: entitlements.next_change(memberships=ids, at=one) for one in instants} == {
        one: {world.mikko.id: then} for one, then in instants.items()
    }
    assert entitlements.next_change(memberships=ids, at=end) == {}


def test_interval_of_a_right_is_the_intersection_of_its_factors(world: World) -> None:
    at = clock.now()
    orders = list(INTERVALS)
    for first in range(len(orders)):
        for place, kind in enumerate(orders[first:] + orders[:first]):
            _interval(INTERVALS[kind](world))(at + (10 - place) * DAY, at + (20 + place) * DAY)
        (right,) = rights(world, at + 15 * DAY)
        assert (right.valid_from, right.valid_until) == (at + 10 * DAY, at + 20 * DAY)


def test_hypothetical_right_begins_now_and_ends_with_the_access(world: World) -> None:
    at = clock.now()
    access = dataclasses.replace(world.access("orderer", amount=5), until=at + DAY)
    (right,) = entitlements.hypothetical_rights(organization=world.koskela.id, access=access, at=at)[1:2]
    assert (right.entitlement, right.valid_from, right.valid_until) == (PLACE, at, at + DAY)
    (right,) = supposed(world, world.access("orderer", amount=5))
    assert right.valid_until is None


def test_role_version_in_force_alone_gives_rights(world: World) -> None:
    """A role that lost an entitlement yesterday gave it the day before."""
    at = clock.now()
    with bypassing_commands():
        version = RoleVersion.objects.get(role__key="orderer")
        lines = list(RoleEntitlement.objects.filter(version=version).exclude(entitlement__key=PLACE))
        RoleVersion.objects.filter(id=version.id).update(valid_until=at + DAY)
        later = RoleVersion.objects.create(
            role=version.role,
            number=2,
            verbs=[],
            assignable_roles=[],
            required_assurance="mfa",
            valid_from=at + DAY,
        )
        RoleEntitlement.objects.bulk_create(
            RoleEntitlement(version=later, entitlement_id=line.entitlement_id) for line in lines
        )
    assert len(rights(world, at + DAY - TICK)) == 1
    assert rights(world, at + DAY) == []
    (right,) = rights(world, at + DAY, of=SEE)
    assert (right.valid_from, right.valid_until) == (at + DAY, None)
