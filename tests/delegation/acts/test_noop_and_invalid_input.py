"""Slips: what changes nothing and what was typed wrongly is answered, and is neither an act nor a refusal."""

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
    """What stands in the log of changes, and of what was refused."""
    rows = Event.objects.filter(Q(verb="access.change") | Q(outcome="refused"))
    return list(rows.order_by("at", "id").values_list("verb", "outcome"))


def test_the_same_access_again_is_no_change(world: World) -> None:
    until = clock.now().astimezone(ZoneInfo("Europe/Helsinki")) + dt.timedelta(days=9)
    wanted = world.access("orderer", sites=[world.oulu], amount=700, until=until)
    world.change(world.olli, wanted)
    done = remembered()
    for same in (wanted, dataclasses.replace(wanted, until=until.astimezone(dt.UTC))):
        with pytest.raises(Unchanged):
            world.change(world.olli, same)
    assert remembered() == done == [("access.change", "done")]
    for other in (
        dataclasses.replace(wanted, until=None),
        dataclasses.replace(wanted, until=until + dt.timedelta(seconds=1)),
        dataclasses.replace(wanted, sites=frozenset({world.tampere.id})),
        world.access("orderer", sites=[world.oulu], amount=701, until=until),
        wanted,
    ):
        world.change(world.olli, other)
    assert len(remembered()) == 6


def test_of_a_set_one_who_changes_is_enough(world: World) -> None:
    both, wanted = [world.olli, world.vilma], world.access("viewer")
    access_commands.change(actor=actor_of(world.aino), memberships=both, access=wanted)
    assert remembered() == [("access.change", "done")] * 2
    with pytest.raises(Unchanged):
        access_commands.change(actor=actor_of(world.aino), memberships=both, access=wanted)


def test_a_repetition_is_answered_like_the_first(world: World) -> None:
    aino, wanted = actor_of(world.aino), world.access("viewer")
    first, again = (
        access_commands.change(actor=aino, memberships=[world.olli], access=wanted, idempotency_key="k")
        for _ in range(2)
    )
    assert (again.act, again.replayed) == (first.act, True)


def test_what_is_typed_wrongly_is_not_remembered_and_what_is_not_allowed_is(world: World) -> None:
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
