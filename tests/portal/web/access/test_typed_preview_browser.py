"""Typed fields of previewed forms in a browser: the effect follows the typing, and nothing is sent unread."""

from collections.abc import Iterator

import pytest
from playwright import sync_api
from playwright.sync_api import Route, expect
from pytest_django.live_server_helper import LiveServer

from audit.models import Event
from delegation.invitations.models import Invitation
from tests.fixtures import browsing
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = "Limit for one order"
PATHS = {
    "one": "people/{mikko}/access",
    "several": "people/access?m={mikko}&m={vilma}",
    "invite": "people/invite?tier=orderer",
    "second admin": "people/{mikko}/access?tier=organization_admin",
}


@pytest.fixture(name="panel")
def open_panel(world: World, live_server: LiveServer, page: sync_api.Page) -> sync_api.Page:
    """A browser of an admin who has opened no panel yet."""
    return browsing.sign_in(page, live_server.url, world.aino)


@pytest.fixture(name="without_scripts")
def open_panel_without_scripts(
    world: World, live_server: LiveServer, browser: sync_api.Browser
) -> Iterator[sync_api.Page]:
    context = browser.new_context(java_script_enabled=False, viewport=browsing.DESK)
    yield browsing.sign_in(context.new_page(), live_server.url, world.aino)
    context.close()


def start(page: sync_api.Page, world: World, base: str, path: str) -> sync_api.Locator:
    """Open a panel for an orderer and give its field for the limit."""
    page.goto(f"{base}/o/koskela/{path.format(mikko=world.mikko.id, vilma=world.vilma.id)}")
    page.locator("[name=tier][value=orderer]").check()
    page.get_by_label("Only some sites").check()
    page.get_by_label("Tampere").first.check()
    return page.get_by_role("textbox", name=LIMIT).filter(visible=True)


def changes() -> int:
    return Event.objects.filter(verb="access.change", outcome="done").count()


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_limit_is_previewed_while_it_is_typed_and_keeps_focus_and_caret(
    panel: sync_api.Page, world: World, live_server: LiveServer, path: str
) -> None:
    limit = start(panel, world, live_server.url, path)
    limit.fill("")
    limit.press_sequentially("430")
    expect(panel.locator("#effect")).to_contain_text("430\u00a0€")
    expect(limit).to_be_focused()
    limit.press("ArrowLeft")
    limit.press("ArrowLeft")
    limit.press_sequentially("9")
    expect(panel.locator("#effect")).to_contain_text("4\u00a0930\u00a0€")
    assert limit.evaluate("(field) => [field.value, field.selectionStart]") == ["4930", 2]
    expect(limit).to_be_focused()


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_enter_in_a_field_previews_and_sends_nothing(
    panel: sync_api.Page, world: World, live_server: LiveServer, path: str
) -> None:
    limit = start(panel, world, live_server.url, path)
    address = panel.url
    limit.fill("4300")
    limit.press("Enter")
    expect(panel.locator("#effect")).to_contain_text("4\u00a0300\u00a0€")
    expect(limit).to_be_focused()
    assert (panel.url, changes(), Invitation.objects.filter(accepted_at=None).count()) == (address, 0, 0)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_enter_without_scripts_previews_and_sends_nothing(
    without_scripts: sync_api.Page, world: World, live_server: LiveServer, path: str
) -> None:
    limit = start(without_scripts, world, live_server.url, path)
    limit.fill("4300")
    limit.press("Enter")
    expect(without_scripts.locator("#effect")).to_contain_text("4\u00a0300\u00a0€")
    expect(limit).to_have_value("4300")
    assert (changes(), Invitation.objects.filter(accepted_at=None).count()) == (0, 0)


def test_late_answer_never_replaces_a_newer_one(
    panel: sync_api.Page, world: World, live_server: LiveServer
) -> None:
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if "limit_orderer=4300" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    limit = start(panel, world, live_server.url, PATHS["one"])
    panel.route("**/access", hold_first)
    limit.fill("4300")
    panel.wait_for_function("() => true")
    expect(panel.locator("form.htmx-request")).to_have_count(1)
    limit.fill("4700")
    expect(panel.locator("#effect")).to_contain_text("4\u00a0700\u00a0€")
    for route in held:
        route.fulfill(status=200, content_type="text/html", body='<section id="effect">late</section>')
    expect(panel.locator("#effect")).to_contain_text("4\u00a0700\u00a0€")
    assert held


def test_typing_after_a_refusal_does_not_move_the_focus_to_the_summary(
    panel: sync_api.Page, world: World, live_server: LiveServer
) -> None:
    limit = start(panel, world, live_server.url, PATHS["one"])
    limit.fill("")
    panel.get_by_label("Last day of access").fill("31.2.2030")
    panel.get_by_role("button", name="Change Mikko Laine’s access").click()
    summary = panel.get_by_role("alert")
    expect(summary).to_be_focused()
    limit.fill("4300")
    expect(summary).not_to_contain_text("Enter a limit.")
    expect(summary).to_be_visible()
    expect(limit).to_be_focused()


def test_button_can_be_pressed_while_its_label_changes(
    panel: sync_api.Page, world: World, live_server: LiveServer
) -> None:
    panel.goto(f"{live_server.url}/o/koskela/people/sites?m={world.mikko.id}&m={world.vilma.id}")
    expect(panel.locator("#send")).to_have_text("Limit 2 people to these sites")
    button = panel.locator("#send").element_handle()
    panel.get_by_label("Oulu").check()
    expect(panel.locator("#send")).to_have_text("Limit 1 person to these sites")
    assert button.evaluate("(one) => one.isConnected")
