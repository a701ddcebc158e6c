"""Operators see keys without their material; each rotation by the server's command is in the supplier's log."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from audit.foundation import key_files
from audit.models import Event
from identity import key_registry, signing_keys
from portal.desk.keys.context import KeyRotationPage, KeysPage
from tests.fixtures.events import body
from tests.fixtures.pages import page_model
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
PATH = "/staff/keys/"


def test_rotation_is_recorded_and_shown(desk: Desk, tmp_path: Path, settings: LazySettings) -> None:
    shutil.copytree(settings.KEYS_FOLDER, tmp_path / "keys")
    settings.KEYS_FOLDER = tmp_path / "keys"
    browser = desk.browser("operator")
    before = page_model(browser.get(PATH), KeysPage)
    assert [(row.algorithm, row.state) for row in before.signing] == [
        ("RS256", "signs now"),
        ("ES256", "signs now"),
    ]
    assert {row.purpose for row in before.purposes} | {"signing"} == set(key_registry.PURPOSES)
    assert all(row.current and not row.successor for row in before.purposes)
    call_command("keys", "rotate", "signing", stdout=StringIO())
    call_command("keys", "rotate", "pepper", stdout=StringIO())
    answer = browser.get(PATH)
    shown = page_model(answer, KeysPage)
    new = [row for row in shown.signing if row.state.startswith("published, signs from")]
    assert [row.algorithm for row in new] == ["RS256", "ES256"]
    assert [row.purpose for row in shown.purposes if row.successor] == ["pepper"]
    facts = [body(row)["facts"] for row in Event.objects.filter(verb="key.rotate").order_by("seq")]
    assert [(one["key_purpose"], one["at_once"], len(one["new_keys"])) for one in facts] == [
        ("signing", False, 2),
        ("pepper", False, 1),
    ]
    assert set(facts[0]["new_keys"]) == {row.id for row in new}
    material = key_files.current(folder=settings.KEYS_FOLDER, purpose="pepper").material.hex()
    assert material.encode() not in answer.content
    assert b"PRIVATE" not in answer.content


def test_page_of_a_rotation_names_its_command_and_takes_no_post(desk: Desk) -> None:
    browser = desk.browser("operator")
    for purpose in key_registry.PURPOSES:
        answer = browser.get(f"{PATH}{purpose}/")
        assert page_model(answer, KeyRotationPage).after
        assert f"manage.py keys rotate {purpose}".encode() in answer.content
    assert browser.get(f"{PATH}checkpoints/").status_code == 404
    assert browser.post(f"{PATH}{signing_keys.PURPOSE}/").status_code == 405
