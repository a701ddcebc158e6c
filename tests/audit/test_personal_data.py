"""Personal values: readable while the key is there, and hashes that hold without it."""

import base64
import json
import logging
import pathlib
import uuid
from typing import Any

import pytest
from django.conf import LazySettings

from audit import personal_data, verification
from audit.foundation import key_files
from audit.foundation.actor import system
from audit.log import observations
from audit.log.ledger import Subject
from audit.models import Event, PersonKey
from audit.personal_data import PersonalValue
from delegation.acts.acting import acting
from delegation.acts.subjects import SupplierSet
from delegation.authorization.verbs import Verb
from delegation.people import commands as people_commands
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def private(event: Event) -> dict[str, dict[str, Any]]:
    return dict(json.loads(bytes(event.body))["private"])


def reveal(event: Event, name: str) -> str | None:
    sealed = private(event)[name]
    keys = personal_data.keys_of(persons=[uuid.UUID(one) for one in sealed["about"]])
    return personal_data.decrypt(encrypted=sealed, keys=keys)


def removal(world: World) -> Event:
    people_commands.remove(
        actor=actor_of(world.aino), memberships=[world.mikko], reason="Moved to the competition"
    )
    return Event.objects.get(verb="member.remove")


def test_a_reason_is_sealed_for_its_writer_and_its_subject(world: World) -> None:
    event = removal(world)
    assert private(event)["reason"]["about"] == [str(world.aino.user_id), str(world.mikko.user_id)]
    assert reveal(event, "reason") == "Moved to the competition"
    assert reveal(event, "actor.label") == "Aino Virtanen"
    assert reveal(event, "actor.address") == "203.0.113.7"


@pytest.mark.parametrize("who", ["aino", "mikko"])
def test_erasing_either_makes_it_unreadable_and_the_log_still_holds(world: World, who: str) -> None:
    event = removal(world)
    PersonKey.objects.filter(id=getattr(world, who).user_id).delete()
    assert reveal(event, "reason") is None
    assert verification.verify().findings == []


def test_the_address_of_an_invitation_goes_with_the_invitations_own_key(world: World) -> None:
    made, _ = world.invite(world.koskela, "new@koskela.example", world.access("viewer"), name="New Colleague")
    event = Event.objects.filter(verb="member.invite").latest("seq")
    assert reveal(event, "email") == "new@koskela.example"
    assert reveal(event, "name") == "New Colleague"
    assert private(event)["email"]["about"] == [str(made.id)]
    PersonKey.objects.filter(id=made.id).delete()
    assert reveal(event, "email") is None


def test_free_text_without_writer_or_person_goes_with_the_chain(world: World) -> None:
    with acting(world.system, Verb.CATALOGUE_APPLY, on=SupplierSet()) as act:
        act.say(reason="Agreed with Aino Virtanen")
    event = Event.objects.get(act=act.id)
    assert private(event)["reason"]["about"] == [str(event.chain)]
    assert reveal(event, "reason") == "Agreed with Aino Virtanen"


def test_a_value_about_nobody_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="about somebody"), observations.recording(actor=system()) as note:
        note.say(
            "test.note",
            subject=Subject("user", world.aino.user_id),
            chain=world.koskela.id,
            private={"name": PersonalValue("Aino Virtanen", ())},
        )


def test_without_the_key_file_people_can_still_be_removed(
    world: World, settings: LazySettings, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another folder with keys of the same names, as after a restore without the keys."""
    before = Event.objects.filter(verb="member.invite", actor_kind="system").latest("seq")
    for purpose in key_files.PURPOSES:
        key_files.ensure(folder=tmp_path, purpose=purpose)
    settings.KEYS_FOLDER = tmp_path
    with caplog.at_level(logging.ERROR):
        event = removal(world)
    assert "does not open the keys" in caplog.text
    assert reveal(before, "email") is None
    assert private(event)["reason"]["text"] == ""
    assert reveal(event, "reason") is None
    assert verification.verify().findings == []


def test_a_key_added_by_another_process_opens(
    world: World, settings: LazySettings, tmp_path: pathlib.Path
) -> None:
    key_files.ensure(folder=tmp_path, purpose="person")
    assert key_files.current(folder=tmp_path, purpose="person").id == "k1"
    held = json.loads((tmp_path / "person.json").read_text())
    held["keys"]["k2"] = base64.b64encode(b"2" * 32).decode()
    (tmp_path / "person.json").write_text(json.dumps(held))
    added = key_files.key_by_id(folder=tmp_path, purpose="person", key="k2")
    assert added == key_files.Key("k2", b"2" * 32)
    assert key_files.key_by_id(folder=tmp_path, purpose="person", key="k3") is None


def test_after_rotation_the_old_and_the_new_are_read(
    world: World, settings: LazySettings, tmp_path: pathlib.Path
) -> None:
    settings.KEYS_FOLDER = tmp_path
    key_files.ensure(folder=tmp_path, purpose="person")
    persons = [uuid.uuid4(), uuid.uuid4()]
    first = personal_data.keys_of(persons=persons[:1], make=True)
    assert key_files.rotate(folder=tmp_path, purpose="person") == "k2"
    both = personal_data.keys_of(persons=persons, make=True)
    assert both[persons[0]] == first[persons[0]]
    assert bytes(PersonKey.objects.get(id=persons[1]).wrapped).startswith(b"k2:")
