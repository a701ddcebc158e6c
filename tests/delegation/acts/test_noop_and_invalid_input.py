"""A request that changes nothing, and invalid input, are neither recorded as an act nor as a refusal."""

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Q

from audit.foundation import clock
from audit.models import Event
from delegation.access import commands as access_commands
from delegation.authorization.errors import AlreadyMember, ExceedsCeiling, InvalidAccess, Unchanged
from delegation.invitations.commands import send as invitations_send
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def remembered() -> list[tuple[str, str]]:
    """The number of acts and of refusals in the log."""
    rows = Event.objects.filter(Q(verb="access.change") | Q(outcome="refused"))
    return list(rows.order_by("at", "id").values_list("verb", "outcome"))


def test_change_to_the_same_access_is_refused_as_unchanged(world: World) -> None:
    until = clock.now().astimezone(ZoneInfo("Europe/Helsinki")) + dt.timedelta(days=9)
    requested = world.access("orderer", sites=[world.oulu], amount=700, until=until)
    world.change(world.olli, requested)
    done = remembered()
    for same in (requested, dataclasses.replace(requested, until=until.astimezone(dt.UTC))):
        with pytest.raises(Unchanged):
            world.change(world.olli, same)
    assert remembered() == done == [("access.change", "done")]
    for other in (
        dataclasses.replace(requested, until=None),
        dataclasses.replace(requested, until=until + dt.timedelta(seconds=1)),
        dataclasses.replace(requested, sites=frozenset({world.tampere.id})),
        world.access("orderer", sites=[world.oulu], amount=701, until=until),
        requested,
    ):
        world.change(world.olli, other)
    assert len(remembered()) == 6


def test_change_of_a_set_with_one_different_member_is_made(world: World) -> None:
    both, requested = [world.olli, world.vilma], world.access("viewer")
    access_commands.change(actor=actor_of(world.aino), memberships=both, access=requested)
    assert remembered() == [("access.change", "done")] * 2
    with pytest.raises(Unchanged):
        access_commands.change(actor=actor_of(world.aino), memberships=both, access=requested)


def test_repeated_request_is_replayed_although_nothing_would_change(world: World) -> None:
    aino, requested = actor_of(world.aino), world.access("viewer")
    first, again = (
        access_commands.change(actor=aino, memberships=[world.olli], access=requested, idempotency_key="k")
        for _ in range(2)
    )
    assert (again.act, again.replayed) == (first.act, True)


def test_invalid_input_leaves_no_refusal_and_a_denied_request_does(world: World) -> None:
    aino, here = actor_of(world.aino), world.koskela
    with pytest.raises(InvalidAccess) as zero:
        world.change(world.olli, world.access("orderer", amount=0))
    assert zero.value.data == {"field": "limit", "problem": "zero"}
    with pytest.raises(AlreadyMember):
        invitations_send.invite(
            actor=aino, organization=here, email="olli@koskela.example", access=world.access("viewer")
        )
    assert remembered() == []
    with pytest.raises(ExceedsCeiling):
        world.change(world.olli, world.access("orderer", amount=20001))
    assert remembered() == [("access.change", "refused")]
