"""An event that no process with the key file `events` wrote is named by `audit verify` and on the page.

The forger writes SQL as the application's role, and knows everything that is in the database.
"""

import datetime as dt
import hashlib
import io
import json
import pathlib
import shutil
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings, settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from audit.foundation import ids, key_files
from audit.foundation.errors import LogUnavailable
from audit.log import authentication, canonical
from audit.models import Chain, Event
from audit.verification import verifier
from delegation.activity import events as activity_events
from portal.operations import readiness
from tests.fixtures import signed_in
from tests.fixtures.pages import person_path
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def forge(template: Event, **other: Any) -> uuid.UUID:
    """Insert a consistent next event of the template's chain, as the application's role; `other` are columns."""
    head = Chain.objects.get(id=template.chain)
    assert head.last_at is not None
    new_id, at = ids.uuid7(), head.last_at + dt.timedelta(microseconds=1)
    body = json.loads(bytes(template.body)) | {
        "id": str(new_id),
        "seq": head.last_seq + 1,
        "prev": bytes(head.last_hash).hex(),
        "at": canonical.format_instant(at),
    }
    data = canonical.encode(body | other.pop("in_body", {}))
    columns = {field.column: getattr(template, field.attname) for field in Event._meta.concrete_fields}
    columns |= {"id": new_id, "at": at, "seq": head.last_seq + 1, "prev": bytes(head.last_hash)}
    columns |= {"body": data, "hash": hashlib.sha256(data).digest(), "mac": template.mac, **other}
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO audit_event ({names}) VALUES ({places})", list(columns.values()))
    return new_id


@pytest.fixture
def template(world: World) -> Event:
    return Event.objects.filter(chain=world.koskela.id, seq__isnull=False).latest("seq")


def test_chained_event_forged_in_another_s_name_is_named_by_verify(world: World, template: Event) -> None:
    """Consistent in hash, columns, place and instant; only the MAC is not right."""
    actor = {"kind": "user", "id": str(world.aino.user_id), "channel": "page", "request_id": ""}
    forged = forge(template, actor=world.aino.user_id, actor_kind="user", in_body={"actor": actor})
    (finding,) = verifier.verify().findings
    assert (finding.code, finding.event) == ("not authentic", str(forged))


@pytest.mark.parametrize(
    "mac",
    [b"0" * 40, b"k1:" + bytes(32), b"k9:" + bytes(32), b"\xff\xfe:" + bytes(32), b":" + bytes(40)],
    ids=["no key", "wrong code", "unknown key", "unreadable key", "empty key"],
)
def test_event_with_a_mac_of_no_key_is_named_by_verify(template: Event, mac: bytes) -> None:
    forged = forge(template, mac=mac)
    assert [(one.code, one.event) for one in verifier.verify().findings] == [("not authentic", str(forged))]


@pytest.mark.parametrize("mac", [None, b"", b"k1:"])
def test_event_without_a_mac_is_refused_by_the_database(template: Event, mac: bytes | None) -> None:
    with pytest.raises(IntegrityError, match="mac"):
        forge(template, mac=mac)


def test_authentic_body_under_other_columns_is_named_by_verify_and_not_shown_as_authentic(
    world: World, intruder: psycopg.Connection, template: Event
) -> None:
    """A page shows columns: a true body with its MAC proves nothing about columns that contradict it."""
    forged = forge(template)
    intruder.execute(
        "UPDATE audit_event SET actor = %s, body = %s, hash = %s, seq = NULL, prev = NULL WHERE id = %s",
        [world.aino.user_id, template.body, template.hash, forged],
    )
    assert ("column changed", str(forged)) in {
        (finding.code, finding.event) for finding in verifier.verify().findings
    }
    (view,) = activity_events.read_events(rows=[Event.objects.get(id=forged)])
    assert not view.is_authentic


def test_forged_event_is_not_shown_as_authentic(world: World, template: Event) -> None:
    forged = forge(template, mac=b"k1:" + bytes(32))
    true, false = activity_events.read_events(rows=[template, Event.objects.get(id=forged)])
    assert (true.is_authentic, false.is_authentic) == (True, False)


def test_every_kind_of_event_is_authentic(world: World) -> None:
    """Acts, observations and refusals are written in one place."""
    keys = authentication.keys_by_id()
    rows = Event.objects.all()
    assert {row.outcome for row in rows} >= {"done"}
    assert all(
        authentication.is_authentic(body=bytes(row.body), mac=bytes(row.mac), keys=keys) for row in rows
    )


def test_events_after_a_rotation_verify_under_the_older_key(
    world: World, settings: LazySettings, tmp_path: pathlib.Path
) -> None:
    shutil.copytree(settings.KEYS_FOLDER, tmp_path, dirs_exist_ok=True)
    settings.KEYS_FOLDER = tmp_path
    added = key_files.rotate(folder=tmp_path, purpose=authentication.PURPOSE, after=dt.timedelta())
    world.remove(world.sami)
    newest = Event.objects.filter(chain=world.koskela.id, seq__isnull=False).latest("seq")
    assert bytes(newest.mac).startswith(added.id.encode() + b":")
    assert verifier.verify().findings == []


def test_removal_without_the_key_file_changes_nothing_and_says_so(
    world: World, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither removed without an authentic event, nor silently kept; readiness fails too."""
    shutil.copytree(settings.KEYS_FOLDER, tmp_path, dirs_exist_ok=True)
    before = Event.objects.count()
    with override_settings(KEYS_FOLDER=tmp_path):
        key_files.path_of(folder=tmp_path, purpose=authentication.PURPOSE).unlink()
        with pytest.raises(LogUnavailable):
            world.remove(world.sami)
        page = signed_in.browser(world.aino).post(person_path(world.sami, "remove"), {"reason": "left"})
        assert readiness.keys() == "failed"
    assert page.status_code == 503
    assert "nothing was changed" in page.content.decode()
    assert "events.json is missing" in caplog.text
    assert Event.objects.count() == before
    world.remove(world.sami)


@pytest.mark.parametrize("use", [authentication.current_key, authentication.keys_for_reading])
def test_key_file_that_others_can_read_makes_the_log_unavailable(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture, use: Callable[[], object]
) -> None:
    shutil.copytree(settings.KEYS_FOLDER, tmp_path, dirs_exist_ok=True)
    key_files.path_of(folder=tmp_path, purpose=authentication.PURPOSE).chmod(0o644)
    with override_settings(KEYS_FOLDER=tmp_path), pytest.raises(LogUnavailable):
        use()
    assert "chmod 600" in caplog.text


def test_verify_without_the_key_file_fails_and_verifies_nothing(world: World, tmp_path: pathlib.Path) -> None:
    output = io.StringIO()
    with (
        override_settings(KEYS_FOLDER=tmp_path),
        pytest.raises(CommandError, match=r"Nothing was verified: The key file .*events\.json is missing"),
    ):
        call_command("audit", "verify", stdout=output)
    assert output.getvalue() == ""


def test_verify_with_another_key_file_of_the_same_id_names_every_event(
    world: World, tmp_path: pathlib.Path
) -> None:
    shutil.copytree(settings.KEYS_FOLDER, tmp_path, dirs_exist_ok=True)
    path = key_files.path_of(folder=tmp_path, purpose=authentication.PURPOSE)
    path.unlink()
    key_files.ensure(folder=tmp_path, purpose=authentication.PURPOSE)
    path.write_text(
        path.read_text().replace(key_files.read_keys(path)[0].id, authentication.current_key().id)
    )
    with override_settings(KEYS_FOLDER=tmp_path):
        found = verifier.verify().findings
    assert {finding.code for finding in found} == {"not authentic"}
    assert {finding.event for finding in found} == {
        str(event) for event in Event.objects.values_list("id", flat=True)
    }
