"""Two effects in one act are authorized, locked and recorded like two acts."""

import uuid

import pytest

from audit.models import Event
from audit.verification import verifier
from delegation.access import effects as access_effects
from delegation.acts.acting import acting
from delegation.acts.subjects import MembershipSet, OrganizationSet
from delegation.authorization import errors as authorization_errors
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.verbs import Verb
from delegation.people import effects as people_effects
from identity.memberships.models import Membership, MembershipPeriod
from provisioning.accounts import planner
from tests.fixtures.grant_conditions import changed
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


class Handover(OrganizationSet):
    """One organization, with the users of the act's effects."""

    def __init__(self, *members: Membership) -> None:
        super().__init__(members[0].organization)
        self._users = {row.user_id for row in members}

    def users(self) -> set[uuid.UUID]:
        return self._users


def hand_over(world: World, by: Membership, leaver: Membership, successor: Membership) -> uuid.UUID:
    """Hand an admin's access over; the verb stands for that of a case."""
    requested = world.access("organization_admin")
    with acting(actor_of(by), Verb.MEMBER_INVITE, on=Handover(leaver, successor)) as act:
        access_effects.assign(act, [successor], access=requested)
        people_effects.end_members(act, [leaver])
    return act.id


def unchanged(*members: Membership) -> bool:
    present = MembershipPeriod.objects.filter(membership__in=members, valid_until=None, state="active")
    given = Assignment.objects.filter(membership__in=members, valid_until=None)
    return present.count() == given.count() == len(members)


def test_two_effects_in_one_act_are_recorded_with_before_and_after(world: World) -> None:
    act = hand_over(world, world.aino, leaver=world.paivi, successor=world.vilma)
    events = list(Event.objects.filter(act=act).order_by("seq"))
    assert [(one.verb, one.subject, one.chain) for one in events] == [
        (Verb.MEMBER_INVITE, world.koskela.id, world.koskela.id),
        (Verb.ACCESS_CHANGE, world.vilma.id, world.koskela.id),
        (Verb.MEMBER_REMOVE, world.paivi.id, world.koskela.id),
    ]
    assert not MembershipPeriod.objects.filter(
        membership=world.paivi, valid_until=None, state="active"
    ).exists()
    assert Assignment.objects.get(membership=world.vilma, valid_until=None).act == act
    assert verifier.verify().findings == []
    assert planner.plan(chain=world.koskela.id).events >= 3


def test_effect_is_authorized_like_a_separate_act(world: World) -> None:
    """Ulla may invite, and may neither assign nor remove an admin's access."""
    with pytest.raises(authorization_errors.ExceedsAuthority):
        hand_over(world, world.ulla, leaver=world.paivi, successor=world.olli)
    with (
        pytest.raises(authorization_errors.Denied) as refusal,
        acting(actor_of(world.ulla), Verb.MEMBER_INVITE, on=Handover(world.paivi)) as act,
    ):
        people_effects.end_members(act, [world.paivi])
    assert refusal.value.data["reason"] == "exceeds_authority"
    assert unchanged(world.paivi, world.olli)


def test_effect_on_a_member_of_another_organization_is_not_found(world: World) -> None:
    with (
        pytest.raises(authorization_errors.NotFound),
        acting(actor_of(world.aino), Verb.MEMBER_INVITE, on=Handover(world.paivi, world.stina)) as act,
    ):
        people_effects.end_members(act, [world.stina])
    assert unchanged(world.stina)


def test_effect_is_rolled_back_when_the_other_one_fails(world: World) -> None:
    with pytest.raises(authorization_errors.Denied):
        hand_over(world, world.aino, leaver=world.aino, successor=world.vilma)
    assert unchanged(world.aino, world.vilma)


def test_effect_without_the_locks_of_its_users_is_an_error(world: World) -> None:
    with (
        pytest.raises(TypeError, match="locks"),
        acting(actor_of(world.aino), Verb.MEMBER_INVITE, on=Handover(world.vilma)) as act,
    ):
        people_effects.end_members(act, [world.paivi])
    assert unchanged(world.paivi)


def test_effect_of_the_act_s_own_verb_on_another_member_is_an_error(world: World) -> None:
    with (
        pytest.raises(TypeError, match="locks"),
        acting(actor_of(world.aino), Verb.MEMBER_REMOVE, on=MembershipSet([world.vilma])) as act,
    ):
        people_effects.end_members(act, [world.olli])
    assert unchanged(world.vilma, world.olli)


def test_effect_of_another_verb_on_the_act_s_own_members_is_authorized(world: World) -> None:
    version = RoleVersion.objects.filter(role__key="user_admin")
    held = version.values_list("verbs", flat=True).get()
    without = [verb for verb in held if verb != Verb.MEMBER_REMOVE.value]
    with (
        changed(version, verbs=without),
        pytest.raises(authorization_errors.Denied) as refusal,
        acting(actor_of(world.ulla), Verb.ACCESS_CHANGE, on=MembershipSet([world.vilma])) as act,
    ):
        people_effects.end_members(act, [world.vilma])
    assert refusal.value.data["reason"] == "no_permission"
    assert unchanged(world.vilma)
