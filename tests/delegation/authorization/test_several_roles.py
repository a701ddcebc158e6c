"""A member with several roles: each role counts, for policy, scopes and history alike."""

import pytest

from audit.foundation import clock
from delegation.authorization import history, policy, scopes
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def reassign(*givers: Membership, to: Membership) -> None:
    """Give the assignments of these members to another one."""
    with bypassing_commands():
        Assignment.objects.filter(membership__in=givers).update(membership=to)


def reason(by: Membership, verb: Verb, on: Membership) -> str:
    """The reason of the refusal; empty where the verb is allowed. The three answers agree."""
    at = clock.now()
    decision = policy.decide(actor=actor_of(by), verb=verb, on=policy.MembershipIds([on.id]), at=at)
    in_scope = scopes.memberships(actor=actor_of(by), verb=verb, at=at).filter(id=on.id).exists()
    could = by.user_id in history.who_could(verb=verb, membership=on.id, at=at)
    assert in_scope is could is bool(decision)
    return decision.reason


def test_member_with_one_role_beyond_the_actor_s_tiers_is_seen_but_not_changed(world: World) -> None:
    """Ulla assigns viewers, orderers and approvers; Vilma is a viewer and, now, an admin too."""
    assert reason(world.ulla, Verb.MEMBER_REMOVE, world.vilma) == ""
    reassign(world.paivi, to=world.vilma)
    assert reason(world.ulla, Verb.MEMBER_REMOVE, world.vilma) == "exceeds_authority"
    assert reason(world.ulla, Verb.ACCESS_CHANGE, world.vilma) == "exceeds_authority"
    assert reason(world.ulla, Verb.MEMBER_VIEW, world.vilma) == ""
    assert reason(world.aino, Verb.MEMBER_REMOVE, world.vilma) == ""


def test_member_with_roles_at_two_sites_is_seen_but_not_changed_by_the_admin_of_one(world: World) -> None:
    """Sami administers Oulu; Olli orders there and, now, in Tampere too."""
    assert reason(world.sami, Verb.MEMBER_REMOVE, world.olli) == ""
    reassign(world.mikko, to=world.olli)
    assert reason(world.sami, Verb.MEMBER_REMOVE, world.olli) == "outside_sites"
    assert reason(world.sami, Verb.MEMBER_VIEW, world.olli) == ""
    assert reason(world.sami, Verb.ACCOUNT_RESYNC, world.olli) == ""


def test_member_with_one_role_at_all_sites_is_seen_but_not_changed_by_a_site_admin(world: World) -> None:
    reassign(world.vilma, to=world.olli)
    assert reason(world.sami, Verb.MEMBER_REMOVE, world.olli) == "outside_sites"
    assert reason(world.sami, Verb.MEMBER_VIEW, world.olli) == ""
    assert reason(world.ulla, Verb.MEMBER_REMOVE, world.olli) == ""
