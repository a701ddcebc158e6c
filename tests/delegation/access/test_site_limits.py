"""Several members are limited to some of their sites by one act: each keeps the rest of what the member holds."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.foundation.errors import DomainError
from audit.models import Event
from delegation import continuity
from delegation.access import commands as access_commands
from delegation.access import queries as access_queries
from delegation.acts.idempotency import Outcome
from delegation.authorization.errors import Denied, InvalidAccess, LastAdmin, NotFound, NotLimitable
from delegation.authorization.values import AccessSpec, AmountLimit
from delegation.catalogue import ceilings
from identity.memberships.models import Membership
from identity.organizations.models import Site
from tests.fixtures.world import OFFER, PLACE, World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def limit(
    world: World,
    members: Sequence[Membership],
    sites: Sequence[Site],
    *,
    by: Membership | None = None,
    key: str | None = None,
) -> Outcome[None]:
    return access_commands.limit_sites(
        actor=actor_of(by or world.aino),
        memberships=members,
        sites=frozenset(site.id for site in sites),
        reason="Moves",
        idempotency_key=key,
    )


def access_of(member: Membership) -> list[AccessSpec]:
    found = access_queries.assignments(memberships=[member.id], at=clock.now())
    return [assignment.access for assignment in found.get(member.id, ())]


def refused(world: World, members: Sequence[Membership], sites: Sequence[Site], **by: Any) -> dict[str, str]:
    """The reasons, by name; nothing is changed."""
    before = {member.id: access_of(member) for member in members}
    with pytest.raises(NotLimitable) as refusal:
        limit(world, members, sites, **by)
    assert {member.id: access_of(member) for member in members} == before
    names = {str(member.id): member.user.name for member in members}
    return {names[member]: reason for member, reason in refusal.value.data["reasons"].items()}


def test_limited_members_keep_tier_limit_and_end_at_the_common_sites(world: World) -> None:
    end = clock.now() + dt.timedelta(days=9)
    wide = world.access("orderer", sites=[world.tampere, world.oulu], amount=700, until=end)
    world.change(world.mikko, wide)
    outcome = limit(world, [world.mikko, world.vilma], [world.oulu, world.tallinn])
    assert access_of(world.mikko) == [world.access("orderer", sites=[world.oulu], amount=700, until=end)]
    assert access_of(world.vilma) == [world.access("viewer", sites=[world.oulu, world.tallinn])]
    events = Event.objects.filter(act=outcome.act, verb="access.change", outcome="done")
    assert {event.subject for event in events} == {world.mikko.id, world.vilma.id}


@pytest.mark.parametrize(
    ("reason", "case"),
    [
        ("elsewhere", lambda w: (w.mikko, [w.oulu])),
        ("within", lambda w: (w.mikko, [w.tampere, w.oulu])),
    ],
)
def test_member_without_anything_to_limit_is_named_and_no_member_is_limited(
    world: World, reason: str, case: Callable[[World], tuple[Membership, list[Site]]]
) -> None:
    member, sites = case(world)
    assert refused(world, [member, world.vilma], sites) == {member.user.name: reason}


@pytest.mark.parametrize(
    ("offer", "reason"), [(AmountLimit(Decimal(1000)), "exceeds"), (None, "outdated")], ids=["lower", "none"]
)
def test_member_above_the_present_ceiling_is_named(
    world: World, offer: AmountLimit | None, reason: str
) -> None:
    world.change(world.mikko, world.access("orderer", amount=5000))
    offered = {**OFFER, PLACE: offer}
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer=offered)
    assert refused(world, [world.mikko, world.vilma], [world.oulu]) == {"Mikko Laine": reason}


def test_each_of_several_members_above_the_present_ceiling_is_named(world: World) -> None:
    for member, amount in ((world.mikko, 5000), (world.olli, 900), (world.vilma, 5000)):
        world.change(member, world.access("orderer", amount=amount))
    offered = {**OFFER, PLACE: AmountLimit(Decimal(1000))}
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer=offered)
    members = [world.mikko, world.olli, world.vilma]
    assert refused(world, members, [world.oulu]) == {"Mikko Laine": "exceeds", "Vilma Salo": "exceeds"}


def test_member_who_holds_nothing_is_named(world: World) -> None:
    with bypassing_commands():
        world.vilma.assignments.all().delete()
    assert refused(world, [world.vilma], [world.oulu]) == {"Vilma Salo": "no_access"}


def test_site_of_another_organization_limits_no_member(world: World) -> None:
    assert refused(world, [world.vilma, world.mikko], [world.rovaniemi])["Mikko Laine"] == "elsewhere"
    with pytest.raises(InvalidAccess):
        limit(world, [world.vilma], [])


REFUSALS: dict[str, tuple[type[DomainError], Callable[[World], tuple[Membership, list[Membership]]]]] = {
    "own": (Denied, lambda w: (w.aino, [w.aino, w.vilma])),
    "above": (Denied, lambda w: (w.ulla, [w.paivi, w.vilma])),
    "other sites": (NotFound, lambda w: (w.sami, [w.mikko])),
    "overlapping sites": (Denied, lambda w: (w.sami, [w.vilma])),
    "viewer": (NotFound, lambda w: (w.vilma, [w.mikko])),
    "other organization": (NotFound, lambda w: (w.aino, [w.stina])),
    "two organizations": (NotFound, lambda w: (w.aino, [w.vilma, w.stina])),
    "stranger": (NotFound, lambda w: (w.stina, [w.vilma])),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_limit_beyond_own_authority_is_refused(world: World, case: str) -> None:
    kind, members_of = REFUSALS[case]
    actor, members = members_of(world)
    before = {member.id: access_of(member) for member in members}
    with pytest.raises(kind):
        limit(world, members, [world.oulu], by=actor)
    assert {member.id: access_of(member) for member in members} == before


def test_last_admin_is_not_limited(world: World) -> None:
    """An admin whose access has an end is no working admin."""
    until = clock.now() + dt.timedelta(days=30)
    second = world.member(world.pohjola, "Toini Aro", "organization_admin")
    world.change(second, world.access("organization_admin", until=until), by=world.tiina)
    with pytest.raises(LastAdmin):
        limit(world, [world.tiina, world.stina], [world.rovaniemi], by=second)
    assert access_of(world.stina) == [world.access("viewer")]
    third = world.member(world.pohjola, "Timo Aro", "organization_admin")
    limit(world, [world.tiina, world.stina], [world.rovaniemi], by=third)


def test_two_admins_who_limit_each_other_leave_one(
    world: World, run_concurrently: Callable[..., list[object]]
) -> None:
    done = run_concurrently(
        lambda: limit(world, [world.aino], [world.oulu], by=world.paivi),
        lambda: limit(world, [world.paivi], [world.oulu], by=world.aino),
    )
    assert sorted(type(one).__name__ for one in done) == ["Denied", "Outcome"]
    assert len(continuity.working_admins(organization=world.koskela.id, at=clock.now())) == 1


def test_limit_sent_twice_is_one_act(world: World) -> None:
    first = limit(world, [world.vilma], [world.oulu], key="once")
    again = limit(world, [world.vilma], [world.oulu], key="once")
    assert (again.act, again.replayed) == (first.act, True)
    assert Event.objects.filter(verb="access.change", outcome="done").count() == 1


def test_unknown_member_is_not_found(world: World) -> None:
    world.vilma.id = uuid.uuid4()
    with pytest.raises(NotFound):
        limit(world, [world.vilma], [world.oulu])


@pytest.mark.parametrize("size", [1, 3, 40])
@pytest.mark.parametrize("role", ["viewer", "orderer"])
def test_limit_takes_a_constant_number_of_statements(world: World, role: str, size: int) -> None:
    """Orderers with a limit of their own each."""
    members = [
        world.member(
            world.koskela,
            f"P{number} Aho",
            role,
            amount=number + 1,
            factor=False,
            email=f"p{number}@koskela.example",
        )
        for number in range(size)
    ]
    with CaptureQueriesContext(connection) as captured:
        limit(world, members, [world.oulu, world.tampere])
    assert len(captured) == LIMIT[role]


LIMIT = {"viewer": 28, "orderer": 30}
"""Limits take their own statements. Each further tier takes two more."""
