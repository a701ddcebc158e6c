"""What is refused is remembered once, and counted when it comes again."""

import json

import pytest

from audit.foundation import clock
from audit.log import refusals
from audit.models import Event, Refusal
from delegation.authorization import errors as authorization_errors
from delegation.organizations import commands as organizations_commands
from delegation.people import commands as people_commands
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


def refused() -> list[Event]:
    return list(Event.objects.filter(outcome="refused").order_by("at", "id"))


def body(event: Event) -> dict[str, object]:
    return dict(json.loads(bytes(event.body)))


def early_in_a_minute() -> int:
    """Move the clock so that the next seconds lie in one minute."""
    offset = 3600 - clock.wall().second
    move_clock(offset)
    return offset


def test_repeats_within_a_minute_become_one_event_with_a_count(world: World) -> None:
    begin = early_in_a_minute()
    for _ in range(4):
        with pytest.raises(authorization_errors.Denied):
            people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])
    (first,) = refused()
    assert (first.verb, first.subject, first.seq) == ("member.remove", world.aino.id, None)
    assert (first.chain, first.organization, first.actor) == (
        world.koskela.id,
        world.koskela.id,
        world.ulla.user_id,
    )
    assert body(first)["facts"] == {"code": "denied", "reason": "exceeds_authority"}

    assert refusals.flush_repeats() == 0
    move_clock(begin + 180)
    assert refusals.flush_repeats() == 1
    _, repeats = refused()
    assert (repeats.chain, repeats.organization) == (world.koskela.id, world.koskela.id)
    assert (repeats.actor_kind, repeats.actor) == ("person", world.ulla.user_id)
    facts = body(repeats)["facts"]
    assert isinstance(facts, dict)
    assert facts["repeats"] == 3
    assert not Refusal.objects.exists()


def test_a_single_refusal_needs_no_second_event(world: World) -> None:
    begin = early_in_a_minute()
    with pytest.raises(authorization_errors.Denied):
        people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])
    move_clock(begin + 180)
    assert refusals.flush_repeats() == 1
    assert len(refused()) == 1


def test_a_stranger_is_remembered_in_their_own_stream_and_nothing_is_named(world: World) -> None:
    with pytest.raises(authorization_errors.NotFound):
        people_commands.remove(actor=actor_of(world.tiina), memberships=[world.vilma])
    (event,) = refused()
    assert (event.chain, event.organization) == (world.tiina.user_id, None)
    assert event.subject == world.tiina.user_id
    assert str(world.vilma.id) not in json.dumps(body(event))
    assert str(world.koskela.id) not in json.dumps(body(event))


def test_of_a_set_the_one_refused_is_named(world: World) -> None:
    with pytest.raises(authorization_errors.Denied):
        people_commands.remove(actor=actor_of(world.ulla), memberships=[world.vilma, world.olli, world.paivi])
    (event,) = refused()
    assert event.subject == world.paivi.id


def test_what_was_never_founded_is_not_named_and_a_mistake_is_no_refusal(world: World) -> None:
    new = organizations_commands.NewOrganization(key="koskela", name="The key is taken")
    with pytest.raises(authorization_errors.AlreadyExists):
        organizations_commands.create_organization(actor=world.system, new=new)
    with pytest.raises(authorization_errors.NotFound):
        organizations_commands.create_organization(actor=actor_of(world.aino), new=new)
    (unseen,) = refused()
    assert (unseen.organization, unseen.chain) == (None, world.aino.user_id)


def test_a_refusal_takes_no_lock_on_the_organization(world: World) -> None:
    before = Event.objects.filter(chain=world.koskela.id, seq__isnull=False).count()
    with pytest.raises(authorization_errors.Denied):
        people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])
    assert Event.objects.filter(chain=world.koskela.id, seq__isnull=False).count() == before
