"""The story in a real browser: invite, change, remove, receipt; at the desk, on a phone, and without script."""

import re
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from delegation.invitations.models import Invitation
from identity.people.models import User
from tests.fixtures import browsing, connected_services
from tests.fixtures.connected_services import ConnectedServices
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def services(world: World, settings: LazySettings) -> Iterator[ConnectedServices]:
    """Connect the shop and the CRM, which have everyone's accounts."""
    with connected_services.connected(world, settings) as connected:
        yield connected


def test_admin_in_a_browser_invites_changes_and_removes_a_person(
    world: World, services: ConnectedServices, live_server: LiveServer, page: sync_api.Page
) -> None:
    browsing.sign_in(page, live_server.url, world.aino)
    browsing.check_width(page, "start")
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="People").click()
    browsing.check_width(page, "people")

    page.get_by_role("link", name="Invite").click()
    page.get_by_label("E-mail address").fill("Liisa Hämäläinen-Östberg <liisa.h@koskela.example>")
    page.get_by_label("Orderer").check()
    page.get_by_role("textbox", name="Limit for one order").fill("2 000")
    page.get_by_label("Only some sites").check()
    page.get_by_label("Tampere").check()
    expect(page.locator("#effect")).to_contain_text("Order in the web shop, up to 2")
    assert not Invitation.objects.filter(email="liisa.h@koskela.example").exists()
    browsing.check_width(page, "invite")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("The invitation to liisa.h@koskela.example is being sent.")).to_be_visible()
    browsing.check_width(page, "invited")

    page.get_by_role("link", name="Mikko Laine").click()
    page.get_by_text("Order in the web shop").click()
    expect(page.get_by_text("Tiers of Kivisalo, version 1").nth(1)).to_be_visible()
    browsing.check_width(page, "person")

    page.get_by_role("link", name="Change access").click()
    page.get_by_label("Approver").check()
    page.get_by_role("textbox", name="Limit for one order").fill("3 000")
    page.get_by_label("Reason").fill("Runs Tampere from December")
    page.keyboard.press("Tab")
    expect(page.locator("#effect")).to_contain_text("Approve others’ orders")
    browsing.check_width(page, "access")
    page.get_by_role("button", name="Change Mikko Laine’s access").click()
    expect(page.get_by_text("Mikko Laine’s access is changed.")).to_be_visible()

    page.get_by_role("link", name="Remove…").click()
    expect(page.get_by_text("Nothing has happened yet.")).to_be_visible()
    browsing.check_width(page, "remove")
    page.get_by_role("button", name="Remove Mikko Laine").click()
    expect(page.get_by_role("heading", name="Mikko Laine is removed")).to_be_visible()

    services.pause_crm()
    services.deliver()
    expect(page.get_by_text("CRM portal does not take updates at the moment. 1 attempt, at")).to_be_visible()
    expect(page.get_by_role("row", name="Web shop")).to_contain_text("Account closed")
    browsing.check_width(page, "removal")
    services.answer()
    expect(page.get_by_text(re.compile("All systems confirmed within"))).to_be_visible()
    browsing.check_width(page, "receipt")

    page.get_by_role("link", name=re.compile("^event")).click()
    expect(page.get_by_text("removed Mikko Laine").first).to_be_visible()
    browsing.check_width(page, "activity")


def test_admin_without_script_removes_people_and_previews_a_change(
    world: World, services: ConnectedServices, live_server: LiveServer, browser: sync_api.Browser
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=browsing.PHONE)
    page = browsing.sign_in(context.new_page(), live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people")
    for name in ("Mikko Laine", "Olli Mäkinen"):
        page.get_by_label(f"Select {name}").check()
    page.get_by_role("button", name="Remove…").click()
    expect(page.get_by_role("heading", name="Remove 2 people")).to_be_visible()
    page.get_by_role("button", name="Remove 2 people").click()
    expect(page.get_by_role("heading", name="Mikko Laine and Olli Mäkinen are removed")).to_be_visible()
    services.deliver()
    expect(page.get_by_text(re.compile("All systems confirmed within"))).to_be_visible()  # by itself
    page.goto(f"{live_server.url}/o/koskela/people/{world.vilma.id}/access")
    page.get_by_label("Orderer").check()
    page.get_by_role("textbox", name="Limit for one order").fill("100")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("order in the web shop, up to 100")).to_be_visible()
    context.close()


def test_pages_with_long_names_in_finnish_fit_every_width(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    world.member(world.koskela, "Karl-Gustaf Maximilian Wilhelm von Schantz-Korhonen-Lindholm", "approver")
    world.member(
        world.koskela, "Jekaterina محمد Нечаева-Hämäläinen", "orderer", sites=[world.oulu, world.tallinn]
    )
    endless = world.member(
        world.koskela, "A" + "pitkänimi" * 16 + "nen", "orderer", sites=[world.oulu], amount=10
    )
    with bypassing_commands():
        User.objects.filter(pk=world.aino.user_id).update(language="fi")
    browsing.sign_in(page, live_server.url, world.aino)
    for name, path in {
        "fi-start": "",
        "fi-people": "people",
        "fi-invite": "people/invite",
        "fi-person": f"people/{world.mikko.id}",
        "fi-access": f"people/{world.mikko.id}/access",
        "fi-remove": f"people/{world.mikko.id}/remove",
        "fi-endless": f"people/{endless.id}",
        "fi-endless-access": f"people/{endless.id}/access",
        "fi-endless-remove": f"people/{endless.id}/remove",
        "fi-endless-several": f"people/remove?m={endless.id}&m={world.mikko.id}",
        "fi-activity": "activity",
        "fi-me": "me",
    }.items():
        page.goto(f"{live_server.url}/o/koskela/{path}")
        assert page.locator("html").get_attribute("lang") == "fi"
        browsing.check_width(page, name)


def test_focus_moves_into_a_panel_and_returns_on_close(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    browsing.sign_in(page, live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people?tier=orderer")
    page.get_by_role("link", name="Invite").press("Enter")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url("**/people?tier=orderer")
    expect(page.get_by_role("link", name="Invite")).to_be_focused()
    page.goto(f"{live_server.url}/o/koskela/people/{world.mikko.id}")
    page.get_by_role("link", name="Change access").press("Enter")
    expect(page.get_by_role("dialog")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Change access")).to_be_focused()
