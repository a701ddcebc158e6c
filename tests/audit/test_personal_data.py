"""Personal values are readable while their keys exist; the log verifies without them."""

import base64
import datetime as dt
import json
import logging
import pathlib
import shutil
import uuid
from typing import Any

import pytest
from django.conf import LazySettings

from audit import personal_data
from audit.foundation import key_files
from audit.foundation.actor import system
from audit.log import observations
from audit.log.ledger import Subject
from audit.models import Event, PersonKey
from audit.personal_data import PersonalValue
from audit.verification import verifier
from delegation.acts.acting import acting
from delegation.acts.subjects import SupplierSet
from delegation.authorization.verbs import Verb
from delegation.people.commands import members as people_commands
from tests.fixtures import person_keys
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def personal(event: Event) -> dict[str, dict[str, Any]]:
    return dict(json.loads(bytes(event.body))["personal"])


def decrypted(event: Event, name: str) -> str | None:
    encrypted = personal(event)[name]
    keys = personal_data.load_keys(data_subjects=[uuid.UUID(person) for person in encrypted["data_subjects"]])
    return personal_data.decrypt(encrypted=encrypted, keys=keys)


def removal(world: World) -> Event:
    people_commands.remove(
        actor=actor_of(world.aino), memberships=[world.mikko], reason="Moved to the competition"
    )
    return Event.objects.get(verb="member.remove")


def test_reason_of_a_removal_has_its_writer_and_subject_as_data_subjects(world: World) -> None:
    event = removal(world)
    assert personal(event)["reason"]["data_subjects"] == [str(world.aino.user_id), str(world.mikko.user_id)]
    assert decrypted(event, "reason") == "Moved to the competition"
    assert decrypted(event, "actor.label") == "Aino Virtanen"
    assert decrypted(event, "actor.address") == "203.0.113.7"


@pytest.mark.parametrize("who", ["aino", "mikko"])
def test_reason_after_erasing_a_data_subject_is_unreadable_and_the_log_verifies(
    world: World, who: str
) -> None:
    event = removal(world)
    person_keys.destroy(getattr(world, who).user_id)
    assert decrypted(event, "reason") is None
    assert verifier.verify().findings == []


def test_address_of_an_invitation_is_encrypted_under_the_invitation_s_key(world: World) -> None:
    invitation, _ = world.invite(
        world.koskela, "new@koskela.example", world.access("viewer"), name="New Colleague"
    )
    event = Event.objects.filter(verb="member.invite").latest("seq")
    assert decrypted(event, "email") == "new@koskela.example"
    assert decrypted(event, "name") == "New Colleague"
    assert personal(event)["email"]["data_subjects"] == [str(invitation.id)]
    person_keys.destroy(invitation.id)
    assert decrypted(event, "email") is None


def test_free_text_without_a_person_is_encrypted_under_the_chain_s_key(world: World) -> None:
    with acting(world.system, Verb.CATALOGUE_APPLY, on=SupplierSet()) as act:
        act.record(reason="Agreed with Aino Virtanen")
    event = Event.objects.get(act=act.id)
    assert personal(event)["reason"]["data_subjects"] == [str(event.chain)]
    assert decrypted(event, "reason") == "Agreed with Aino Virtanen"


def test_personal_value_without_a_data_subject_is_refused(world: World) -> None:
    with (
        pytest.raises(ValueError, match="needs a data subject"),
        observations.recording(actor=system()) as events,
    ):
        events.add(
            "test.observed",
            subject=Subject("user", world.aino.user_id),
            chain=world.koskela.id,
            personal={"name": PersonalValue("Aino Virtanen", ())},
        )


def test_removal_without_the_key_file_is_recorded_without_personal_values(
    world: World, settings: LazySettings, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another file holds a key with the same id, as after a restore without the key file `person`."""
    before = Event.objects.filter(verb="member.invite", actor_kind="system").latest("seq")
    shutil.copytree(settings.KEYS_FOLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "person.json").unlink()
    key_files.ensure(folder=tmp_path, purpose="person")
    settings.KEYS_FOLDER = tmp_path
    with caplog.at_level(logging.ERROR):
        event = removal(world)
    assert "does not open the keys" in caplog.text
    assert decrypted(before, "email") is None
    assert personal(event)["reason"]["ciphertext"] == ""
    assert decrypted(event, "reason") is None
    assert {finding.code for finding in verifier.verify().findings} == {"person key does not open"}


def test_key_added_by_another_process_is_loaded(
    world: World, settings: LazySettings, tmp_path: pathlib.Path
) -> None:
    key_files.ensure(folder=tmp_path, purpose="person")
    first = key_files.current(folder=tmp_path, purpose="person")
    content = json.loads((tmp_path / "person.json").read_text())
    added = {"from": "2026-01-01T00:00:00+00:00", "key": base64.b64encode(b"2" * 32).decode()}
    content["keys"]["k2"] = added
    (tmp_path / "person.json").write_text(json.dumps(content))
    found = key_files.key_by_id(folder=tmp_path, purpose="person", key="k2")
    assert found is not None
    assert found.material == b"2" * 32
    assert key_files.current(folder=tmp_path, purpose="person") == found != first
    assert key_files.key_by_id(folder=tmp_path, purpose="person", key="k3") is None


def test_person_keys_after_a_rotation_decrypt_under_old_and_new_key(
    world: World, settings: LazySettings, tmp_path: pathlib.Path
) -> None:
    settings.KEYS_FOLDER = tmp_path
    key_files.ensure(folder=tmp_path, purpose="person")
    persons = [uuid.uuid4(), uuid.uuid4()]
    with bypassing_commands():
        first = personal_data.load_keys(data_subjects=persons[:1], create=True)
    added = key_files.rotate(folder=tmp_path, purpose="person", after=dt.timedelta())
    with bypassing_commands():
        both = personal_data.load_keys(data_subjects=persons, create=True)
    assert both[persons[0]] == first[persons[0]]
    assert bytes(PersonKey.objects.get(id=persons[1]).wrapped).startswith(added.id.encode() + b":")
