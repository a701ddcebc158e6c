"""Inviting several people in a browser, with and without scripts."""

import pytest
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from delegation.invitations.models import Invitation
from tests.fixtures import browsing
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

PASTED = """Liisa Hämäläinen <liisa@koskela.example>
t.kask@koskela.example; mikko@koskela.example
olga@rakennuspalvelu.example"""
INVITED = {"liisa@koskela.example", "t.kask@koskela.example", "olga@rakennuspalvelu.example"}


def invited() -> set[str]:
    return set(Invitation.objects.filter(accepted_at=None).values_list("email", flat=True))


def test_form_and_effect_are_both_in_sight_and_three_people_are_invited(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    browsing.sign_in(page, live_server.url, world.aino)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{live_server.url}/o/koskela/people/invite?tier=viewer")
    page.get_by_label("E-mail addresses").fill(PASTED)
    expect(page.get_by_role("button", name="Send 3 invitations")).to_be_visible()
    effect = page.locator("#effect")
    expect(effect).to_contain_text("Mikko Laine is here already.")
    fields = page.locator(".kh-panel__body").bounding_box()
    beside = effect.bounding_box()
    assert fields
    assert beside
    assert fields["x"] + fields["width"] <= beside["x"] + 1
    for name in ("E-mail addresses", "Viewer"):
        expect(page.get_by_label(name).first).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Who gets an invitation")).to_be_in_viewport()
    page.get_by_role("button", name="Send 3 invitations").click()
    expect(page.get_by_text("3 invitations are being sent.")).to_be_visible()
    assert invited() == INVITED


def test_corrected_address_loses_its_error_and_another_error_stays(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    browsing.sign_in(page, live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people/invite?tier=orderer")
    page.get_by_label("E-mail addresses").fill("liisa@koskela")
    page.get_by_role("button", name="Send invitation").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("“liisa@koskela” is not an e-mail address.")
    expect(summary).to_contain_text("Enter a limit.")
    page.get_by_label("E-mail addresses").fill("liisa@koskela.example")
    expect(page.get_by_text("is not an e-mail address")).to_have_count(0)
    expect(summary).to_contain_text("Enter a limit.")
    page.get_by_role("textbox", name="Limit for one order").fill("300")
    expect(summary).to_have_count(0)


def test_several_people_are_invited_without_scripts(
    world: World, live_server: LiveServer, browser: sync_api.Browser
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=browsing.PHONE)
    page = browsing.sign_in(context.new_page(), live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people/invite?tier=viewer")
    page.get_by_label("E-mail addresses").fill(PASTED)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Mikko Laine is here already.")).to_be_visible()
    assert invited() == set()
    page.get_by_role("button", name="Send 3 invitations").click()
    expect(page.get_by_text("3 invitations are being sent.")).to_be_visible()
    assert invited() == INVITED
    context.close()
