"""Authority over a member ends with each factor it needs; policy, scopes and history give one answer."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import QuerySet

from audit.foundation import clock
from delegation.authorization import history, policy, scopes
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization
from identity.people.models import User
from tests.fixtures import suspended
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

TICK = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)


def answers(who: Membership, verb: Verb, on: uuid.UUID, at: dt.datetime) -> dict[str, bool]:
    """Whether this person may do the verb to this member, by policy, scopes and history."""
    return {
        "policy": bool(policy.abilities(actor=actor_of(who), memberships=[on], at=at)[on][verb]),
        "scope": scopes.memberships(actor=actor_of(who), verb=verb, at=at).filter(id=on).exists(),
        "history": who.user_id in history.who_could(verb=verb, membership=on, at=at),
    }


def authorities(world: World, at: dt.datetime) -> dict[str, bool]:
    """Whether Sami may remove Olli."""
    return answers(world.sami, Verb.MEMBER_REMOVE, world.olli.id, at)


YES = {"policy": True, "scope": True, "history": True}
NO = {"policy": False, "scope": False, "history": False}


AUTHORITY: dict[str, Callable[[World], QuerySet[Any, Any]]] = {
    "period": lambda w: MembershipPeriod.objects.filter(membership=w.sami),
    "assignment": lambda w: Assignment.objects.filter(membership=w.sami),
    "role version": lambda _: RoleVersion.objects.filter(role__key="site_admin"),
}


@pytest.mark.parametrize("kind", AUTHORITY)
def test_authority_holds_from_the_first_instant_to_just_before_the_last(world: World, kind: str) -> None:
    begin, end = clock.now() + DAY, clock.now() + 2 * DAY
    with bypassing_commands():
        assert AUTHORITY[kind](world).update(valid_from=begin, valid_until=end) == 1
    instants = (begin - TICK, begin, end - TICK, end)
    assert [authorities(world, at) for at in instants] == [
        NO,
        YES,
        YES,
        NO,
    ]


NO_AUTHORITY: dict[str, Callable[[World], Any]] = {
    "organization suspended": lambda w: suspended.organization(w.koskela),
    "organization closed": lambda w: Organization.objects.filter(id=w.koskela.id).update(status="closed"),
    "actor blocked": lambda w: User.all_directories.filter(id=w.sami.user_id).update(is_active=False),
    "actor suspended": lambda w: MembershipPeriod.objects.filter(membership=w.sami).update(state="suspended"),
    "role without the verb": lambda _: RoleVersion.objects.filter(role__key="site_admin").update(
        verbs=["member.view", "access.change"]
    ),
    "role that may not give what the colleague holds": lambda _: RoleVersion.objects.filter(
        role__key="site_admin"
    ).update(assignable_roles=["viewer", "approver"]),
    "colleague of another site": lambda w: Assignment.objects.get(membership=w.olli).sites.update(
        site=w.tampere
    ),
    "colleague of all sites": lambda w: Assignment.objects.filter(membership=w.olli).update(all_sites=True),
    "colleague without access": lambda w: Assignment.objects.filter(membership=w.olli).update(
        valid_until=clock.now()
    ),
    "colleague gone": lambda w: MembershipPeriod.objects.filter(membership=w.olli).update(
        valid_until=clock.now()
    ),
}


@pytest.mark.parametrize("case", NO_AUTHORITY)
def test_authority_ends_when_a_factor_does(world: World, case: str) -> None:
    assert authorities(world, clock.now()) == YES
    with bypassing_commands():
        NO_AUTHORITY[case](world)
    assert authorities(world, clock.now()) == NO


def test_authority_over_a_suspended_member_is_unchanged(world: World) -> None:
    with bypassing_commands():
        MembershipPeriod.objects.filter(membership=world.olli).update(state="suspended")
    assert authorities(world, clock.now()) == YES


def test_unknown_membership_is_hidden_from_admins(world: World) -> None:
    at, unknown = clock.now(), world.somewhere
    for who in (world.aino, world.ulla):
        decision = policy.decide(
            actor=actor_of(who), verb=Verb.MEMBER_VIEW, on=policy.MembershipIds([who.id, unknown]), at=at
        )
        assert (bool(decision), decision.visible) == (False, False)
        assert (decision.reason, decision.refused) == ("not_visible", (unknown,))
    assert history.who_could(verb=Verb.MEMBER_VIEW, membership=unknown, at=at) == set()


def test_viewing_needs_one_site_in_common(world: World) -> None:
    """Sami's site is Oulu, as Olli's; Vilma has all sites, Mikko is at Tampere."""
    at = clock.now()
    for on, expected in ((world.olli, YES), (world.vilma, YES), (world.mikko, NO)):
        assert answers(world.sami, Verb.MEMBER_VIEW, on.id, at) == expected


def test_former_member_is_viewed_and_restored_but_not_removed_again(world: World) -> None:
    world.remove(world.olli)
    at, olli = clock.now(), world.olli.id
    expected = {Verb.MEMBER_VIEW: YES, Verb.MEMBER_RESTORE: YES, Verb.MEMBER_REMOVE: NO}
    assert {verb: answers(world.aino, verb, olli, at) for verb in expected} == expected
