"""Assignment authority: for each limit one case beyond it and one just within it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audit.foundation import clock
from audit.foundation.errors import DomainError
from audit.models import Event
from delegation.authorization import errors as authorization_errors
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.values import AccessSpec, AmountLimit
from delegation.catalogue import ceilings, propagation
from delegation.catalogue import commands as catalogue_commands
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from tests.fixtures.world import APPROVE, CATALOGUE, PLACE, World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)

Case = Callable[[World], tuple[Membership, Membership, AccessSpec]]
"""The actor, the receiver and the access of each case."""


def refused(kind: type[DomainError], world: World, case: Case) -> dict[str, Any]:
    giver, receiver, requested = case(world)
    with pytest.raises(kind) as refusal:
        world.change(receiver, requested, by=giver)
    return refusal.value.data


def test_admin_without_own_rights_assigns_up_to_the_ceiling(world: World) -> None:
    """Aino may not order, and assigns Olli a right to order up to the ceiling."""
    world.change(world.olli, world.access("approver", sites=[world.oulu], amount=20_000), by=world.aino)


WITHIN: dict[str, Case] = {
    "site admin, own site": lambda w: (w.sami, w.olli, w.access("orderer", sites=[w.oulu], amount=10_000)),
    "user admin, site admin": lambda w: (w.ulla, w.vilma, w.access("site_admin", sites=[w.oulu])),
    "user admin, ceiling": lambda w: (w.ulla, w.vilma, w.access("orderer", amount=20_000)),
    "admin, admin": lambda w: (w.aino, w.vilma, w.access("organization_admin")),
}


@pytest.mark.parametrize("case", WITHIN)
def test_assignment_within_authority_is_allowed(world: World, case: str) -> None:
    giver, receiver, requested = WITHIN[case](world)
    world.change(receiver, requested, by=giver)


BEYOND: dict[str, tuple[Case, dict[str, Any]]] = {
    "role above": (lambda w: (w.ulla, w.vilma, w.access("user_admin")), {"field": "role"}),
    "role of its own": (
        lambda w: (w.sami, w.olli, w.access("site_admin", sites=[w.oulu])),
        {"field": "role"},
    ),
    "another site": (
        lambda w: (w.sami, w.olli, w.access("orderer", sites=[w.tampere], amount=1)),
        {"field": "sites"},
    ),
    "a further site": (
        lambda w: (w.sami, w.olli, w.access("orderer", sites=[w.oulu, w.tampere], amount=1)),
        {"field": "sites"},
    ),
    "all sites": (lambda w: (w.sami, w.olli, w.access("orderer", amount=1)), {"field": "sites"}),
    "a cent more": (
        lambda w: (w.sami, w.olli, w.access("orderer", sites=[w.oulu], amount=10_001)),
        {"field": "limit", "entitlement": PLACE, "amount": "10000.00", "currency": "EUR"},
    ),
}


@pytest.mark.parametrize("case", BEYOND)
def test_assignment_beyond_authority_is_refused(world: World, case: str) -> None:
    call, data = BEYOND[case]
    assert refused(authorization_errors.ExceedsAuthority, world, call) == data


@pytest.mark.parametrize("amount", [20_001, None])
def test_assignment_beyond_the_ceiling_is_refused(world: World, amount: int | None) -> None:
    data = refused(
        authorization_errors.ExceedsCeiling,
        world,
        lambda w: (w.aino, w.vilma, w.access("orderer", amount=amount)),
    )
    assert data == {"field": "limit", "entitlement": PLACE, "amount": "20000.00", "currency": "EUR"}


def test_assignment_without_limit_beyond_the_role_is_refused_where_the_ceiling_has_none(world: World) -> None:
    ceilings.set_ceiling(
        actor=world.system,
        organization=world.koskela,
        offer={PLACE: AmountLimit(None), APPROVE: AmountLimit(None)},
    )
    world.change(world.vilma, world.access("orderer", amount=None))
    data = refused(
        authorization_errors.ExceedsAuthority,
        world,
        lambda w: (w.sami, w.olli, w.access("orderer", sites=[w.oulu], amount=None)),
    )
    assert data["amount"] == "10000.00"


def test_assignment_with_a_limit_for_an_entitlement_no_longer_offered_is_refused(world: World) -> None:
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer={PLACE: None})
    data = refused(
        authorization_errors.InvalidAccess, world, lambda w: (w.aino, w.vilma, w.access("orderer", amount=1))
    )
    assert data == {"field": "limit", "problem": "unknown"}
    world.change(world.vilma, AccessSpec(role="orderer", all_sites=True))


def test_assignment_longer_than_the_role_allows_is_refused(world: World) -> None:
    with bypassing_commands():
        RoleVersion.objects.filter(role__key="user_admin").update(max_assignment_days=30)
    at = clock.now()
    for requested in (world.access("viewer"), world.access("viewer", until=at + 31 * DAY)):
        with pytest.raises(authorization_errors.ExceedsAuthority) as refusal:
            world.change(world.vilma, requested, by=world.ulla)
        assert refusal.value.data["field"] == "until"
    world.change(world.vilma, world.access("viewer", until=at + 30 * DAY), by=world.ulla)


def test_change_for_a_member_with_a_role_beyond_authority_is_refused(world: World) -> None:
    for colleague in (world.aino, world.ulla):
        with pytest.raises(authorization_errors.Denied) as refusal:
            world.change(
                colleague, world.access("viewer"), by=world.ulla if colleague is world.aino else world.sami
            )
        assert refusal.value.data["reason"] in {"exceeds_authority", "outside_sites"}


def test_assignment_in_a_closed_organization_is_refused_also_for_the_system(world: World) -> None:
    with bypassing_commands():
        Organization.objects.filter(id=world.koskela.id).update(status="closed")
    with pytest.raises(authorization_errors.Denied) as refusal:
        world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    assert refusal.value.data["reason"] == "organization_closed"


def test_restored_member_gets_no_more_than_the_actor_may_assign(world: World) -> None:
    world.remove(world.olli)
    again = world.access("orderer", amount=20_001)
    with pytest.raises(authorization_errors.ExceedsCeiling):
        people_commands.restore(actor=actor_of(world.aino), memberships=[world.olli], access=again)
    with pytest.raises(authorization_errors.ExceedsAuthority):
        people_commands.restore(
            actor=actor_of(world.ulla), memberships=[world.olli], access=world.access("user_admin")
        )
    people_commands.restore(
        actor=actor_of(world.ulla), memberships=[world.olli], access=world.access("viewer")
    )


def test_catalogue_change_has_an_event_in_each_affected_chain(world: World) -> None:
    roles = [
        replace(role, max_assignment_days=5) if role.key == "site_admin" else role for role in CATALOGUE.roles
    ]
    done = catalogue_commands.apply(actor=world.system, catalogue=replace(CATALOGUE, roles=roles))
    assert done.result.roles == ("site_admin",)
    propagation.propagate_all()
    events = Event.objects.filter(verb="catalogue.propagate", organization__isnull=False)
    assert [event.chain for event in events] == [world.koskela.id]
