"""Removing a member."""

import pytest

from audit.foundation import clock
from audit.models import Event
from audit.verification import verifier
from delegation.authorization import entitlements
from delegation.authorization import errors as authorization_errors
from delegation.people.commands import members as people_commands
from identity.memberships import queries as memberships_queries
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_removed_member_has_no_access_here_and_keeps_another_organization(world: World) -> None:
    before = entitlements.rights_of(memberships=[world.mikko.id], at=clock.now())
    assert {right.entitlement for right in before[world.mikko.id]} >= {"ordering:orders.place"}

    world.remove(world.mikko)

    now = clock.now()
    assert entitlements.rights_of(memberships=[world.mikko.id], at=now) == {world.mikko.id: []}
    assert entitlements.rights_of(memberships=[world.mikko_at_pohjola.id], at=now)[world.mikko_at_pohjola.id]
    active = set(
        memberships_queries.active(at=now).filter(user=world.mikko.user).values_list("id", flat=True)
    )
    assert active == {world.mikko_at_pohjola.id}


def test_log_verifies_after_a_removal(world: World) -> None:
    world.remove(world.mikko)
    report = verifier.verify()
    assert report.findings == []
    assert Event.objects.filter(verb="member.remove", outcome="done").count() == 1


def test_removal_by_a_stranger_is_not_found(world: World) -> None:
    with pytest.raises(authorization_errors.NotFound):
        people_commands.remove(actor=actor_of(world.tiina), memberships=[world.vilma])


def test_removal_of_the_only_admin_is_refused(world: World) -> None:
    second = world.member(world.pohjola, "Toinen Admin", "organization_admin", factor=False)
    with pytest.raises(authorization_errors.LastAdmin):
        people_commands.remove(actor=actor_of(second), memberships=[world.tiina])


def test_repeated_removal_under_one_key_gets_the_same_outcome(world: World) -> None:
    first = people_commands.remove(
        actor=actor_of(world.aino), memberships=[world.mikko], idempotency_key="k-1"
    )
    second = people_commands.remove(
        actor=actor_of(world.aino), memberships=[world.mikko], idempotency_key="k-1"
    )
    assert (second.act, second.replayed) == (first.act, True)
    with pytest.raises(authorization_errors.IdempotencyKeyReused):
        people_commands.remove(actor=actor_of(world.aino), memberships=[world.vilma], idempotency_key="k-1")
