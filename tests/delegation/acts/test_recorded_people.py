"""What an act records of people: the keys of its texts, the subject of a refusal, and what a replay returns."""

import json
from typing import Any

import pytest

from audit.foundation.actor import Actor
from audit.models import Event
from delegation.authorization.errors import Denied, NotFound
from delegation.invitations.commands import send as invitations_send
from delegation.people.commands import members as people_commands
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def body(event: Event) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(bytes(event.body))
    return parsed


def invite(world: World, actor: Actor) -> tuple[str, list[str]]:
    """The id of an invitation by this actor, and the data subjects of its reason."""
    done = invitations_send.invite(
        actor=actor,
        organization=world.koskela,
        email=f"{actor.kind}@koskela.example",
        access=world.access("viewer"),
        reason="Begins in spring",
    )
    subjects: list[str] = body(Event.objects.get(act=done.act))["personal"]["reason"]["data_subjects"]
    return str(done.result.invitation), subjects


def test_text_has_the_person_who_wrote_it_and_its_subject_as_data_subjects(world: World) -> None:
    invitation, subjects = invite(world, actor_of(world.aino))
    assert subjects == [str(world.aino.user_id), invitation]
    invitation, subjects = invite(world, world.system)
    assert subjects == [invitation]
    done = people_commands.remove(
        actor=actor_of(world.aino), memberships=[world.olli], reason="Left for another company"
    )
    reason = body(Event.objects.get(act=done.act))["personal"]["reason"]
    assert reason["data_subjects"] == [str(world.aino.user_id), str(world.olli.user_id)]


def test_refusal_names_a_visible_subject_and_no_hidden_one(world: World) -> None:
    with pytest.raises(Denied):
        people_commands.remove(actor=actor_of(world.sami), memberships=[world.vilma])
    with pytest.raises(NotFound):
        people_commands.remove(actor=actor_of(world.tiina), memberships=[world.vilma])
    refused = Event.objects.filter(outcome="refused").order_by("at")
    assert [(event.subject_kind, event.subject, event.chain) for event in refused] == [
        ("membership", world.vilma.id, world.koskela.id),
        ("unknown", world.tiina.user_id, world.tiina.user_id),
    ]


def test_replay_returns_the_stored_outcome_whole(world: World) -> None:
    first, again = (
        people_commands.remove(actor=actor_of(world.aino), memberships=[world.vilma], idempotency_key="k")
        for _ in range(2)
    )
    assert (first.organization, again.replayed) == (world.koskela.id, True)
    assert (again.act, again.at, again.organization, again.subjects, again.result) == (
        first.act,
        first.at,
        first.organization,
        first.subjects,
        first.result,
    )
