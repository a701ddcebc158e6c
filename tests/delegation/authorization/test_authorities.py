"""The authorities of each kind of actor come from one function, which policy, scopes and abilities read."""

import dataclasses
import datetime as dt
import uuid

import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind, Channel
from delegation.authorization import authorities, policy, scopes
from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb
from identity.organizations.models import Organization
from tests.fixtures.grant_conditions import changed
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def of_kind(kind: ActorKind, world: World) -> Actor:
    return dataclasses.replace(actor_of(world.aino), kind=kind, channel=Channel.API)


@pytest.mark.parametrize("kind", sorted(set(ActorKind) - {ActorKind.PERSON}))
def test_actor_kind_without_a_source_has_no_authority_even_with_an_admins_id(
    world: World, kind: ActorKind
) -> None:
    actor, at = of_kind(kind, world), clock.now()
    assert authorities.authorities_of(actor=actor, at=at) == []
    vilma = policy.MembershipIds([world.vilma.id])
    assert not policy.decide(actor=actor, verb=Verb.MEMBER_REMOVE, on=vilma, at=at)
    assert not scopes.memberships(actor=actor, verb=Verb.MEMBER_REMOVE, at=at).exists()


def test_added_authority_source_is_read_by_policy_scopes_and_abilities(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rights(actor: Actor, at: dt.datetime, organization: uuid.UUID | None) -> list[Authority]:
        del actor, at, organization
        verbs = frozenset({Verb.MEMBER_REMOVE.value, Verb.MEMBER_VIEW.value})
        return [
            Authority(
                assignment=uuid.uuid4(),
                organization=world.koskela.id,
                version=uuid.uuid4(),
                verbs=verbs,
                assignable_roles=frozenset({"viewer"}),
                max_days=None,
                all_sites=True,
                sites=frozenset(),
            )
        ]

    monkeypatch.setitem(authorities.AUTHORITIES, ActorKind.STAFF, rights)
    actor, at = of_kind(ActorKind.STAFF, world), clock.now()
    ids = [world.vilma.id, world.olli.id, world.stina.id]
    scope = scopes.memberships(actor=actor, verb=Verb.MEMBER_REMOVE, at=at)
    assert set(scope.filter(id__in=ids).values_list("id", flat=True)) == {world.vilma.id}
    decisions = {
        one: policy.decide(actor=actor, verb=Verb.MEMBER_REMOVE, on=policy.MembershipIds([one]), at=at).reason
        for one in ids
    }
    assert decisions == {
        world.vilma.id: "",
        world.olli.id: "exceeds_authority",
        world.stina.id: "no_permission",
    }
    buttons = policy.abilities(actor=actor, memberships=ids, at=at, verbs=[Verb.MEMBER_REMOVE])
    assert {one: may[Verb.MEMBER_REMOVE].reason for one, may in buttons.items()} == decisions
    assert Verb.MEMBER_REMOVE in policy.organization_abilities(
        actor=actor, organization=world.koskela.id, at=at
    )


def test_authorities_of_one_organization_are_those_of_the_own_assignments_there(world: World) -> None:
    at, mikko = clock.now(), actor_of(world.mikko)
    everywhere = authorities.authorities_of(actor=mikko, at=at)
    assert {one.organization for one in everywhere} == {world.koskela.id, world.pohjola.id}
    for organization in (world.koskela, world.pohjola):
        found = authorities.authorities_of(actor=mikko, at=at, organization=organization.id)
        assert [one.organization for one in found] == [organization.id]
    assert authorities.authorities_of(actor=mikko, at=at, organization=world.somewhere) == []


def test_states_are_read_of_the_named_memberships_only(world: World) -> None:
    at, named = clock.now(), [world.olli.id, world.stina.id]
    states = authorities.membership_states(ids=[*named, world.somewhere], at=at)
    assert set(states) == set(named)
    assert [(role.key, role.sites) for role in states[world.olli.id].roles] == [
        ("orderer", frozenset([world.oulu.id]))
    ]
    assert authorities.period_states(ids=named, at=at) == dict.fromkeys(named, "active")


def test_added_authority_source_reaches_no_member_of_a_closed_organization(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source may give authorities over a closed organization: policy and scopes still refuse."""
    at = clock.now()
    (admin,) = authorities.authorities_of(actor=actor_of(world.aino), at=at)
    monkeypatch.setitem(authorities.AUTHORITIES, ActorKind.STAFF, lambda *_: [admin])
    actor, vilma = of_kind(ActorKind.STAFF, world), policy.MembershipIds([world.vilma.id])
    scope = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at)
    assert scope.filter(id=world.vilma.id).exists()
    assert policy.decide(actor=actor, verb=Verb.MEMBER_VIEW, on=vilma, at=at)
    with changed(Organization.objects.filter(id=world.koskela.id), status="closed"):
        assert not scope.exists()
        decision = policy.decide(actor=actor, verb=Verb.MEMBER_VIEW, on=vilma, at=at)
        assert (bool(decision), decision.reason) == (False, "organization_closed")
