"""What the pages of a removal say: before, after, and to whoever may not."""

import re

import pytest

from provisioning.accounts import progress
from tests.fixtures import signed_in
from tests.fixtures.deliveries import sign_in
from tests.fixtures.pages import KOSKELA, person_path, visible_text
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def test_own_removal_is_refused_with_advice(world: World) -> None:
    answer = signed_in.browser(world.aino).get(person_path(world.aino, "remove"))
    assert answer.status_code == 403
    assert "You cannot remove yourself. Nothing was changed. Ask another admin." in visible_text(answer)
    assert "If it happens again" not in visible_text(answer)


def test_removal_of_the_only_admin_links_to_inviting_another(world: World) -> None:
    world.remove(world.paivi)
    answer = signed_in.browser(world.aino).get(person_path(world.aino, "remove"))
    assert answer.status_code == 403
    assert "You are the only admin. Nothing was changed. Invite a second admin first." in visible_text(answer)
    assert f'href="{KOSKELA}/people/invite?tier=organization_admin"' in answer.content.decode()


def test_complete_receipt_links_to_restoring_the_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in.browser(world.aino)
    done = browser.post(person_path(world.olli, "remove"), {"reason": "left", "idempotency_key": "r1"})[
        "Location"
    ]
    assert person_path(world.olli, "restore") not in browser.get(done).content.decode()
    monkeypatch.setattr(progress, "of_act", lambda **_asked: progress.Progress(lines=[], planned=True))
    html, text = browser.get(done).content.decode(), visible_text(browser.get(done))
    assert person_path(world.olli, "restore") in html
    assert (
        "All systems have confirmed. You do not need to do anything. Back to people Restore Olli Mäkinen"
        in text
    )
    assert re.search(r"olli @koskela.example Log event \d+ , ", text)
    assert "(Helsinki time)" in text
    assert re.search(rf'href="{KOSKELA}/people" aria-current="page"', html)


def test_complete_receipt_of_several_links_to_removed_people(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in.browser(world.aino)
    monkeypatch.setattr(progress, "of_act", lambda **_asked: progress.Progress(lines=[], planned=True))
    form = {"m": [str(world.olli.id), str(world.vilma.id)], "reason": "left", "idempotency_key": "r2"}
    done = browser.post(f"{KOSKELA}/people/remove", form)["Location"]
    assert f'href="{KOSKELA}/people?who=former">View removed people' in browser.get(done).content.decode()


def test_removal_page_names_the_services_with_open_sign_ins(world: World) -> None:
    with bypassing_commands():
        sign_in(world.olli)
    text = visible_text(signed_in.browser(world.aino).get(person_path(world.olli, "remove")))
    assert "Sign-in to Rakennusliike Koskela Oy blocked" in text
    assert "Signed in to Web shop ends" in text
