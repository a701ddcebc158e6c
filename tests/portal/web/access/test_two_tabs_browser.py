"""Two tabs change the same person, with and without scripts: the second asks again and keeps what was entered."""

from collections.abc import Iterator

import pytest
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from audit.models import Event
from tests.fixtures import browsing
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

SAVE = "Change Mikko Laine’s access"


@pytest.fixture(name="tabs", params=[True, False], ids=["script", "no-script"])
def open_two_tabs(
    request: pytest.FixtureRequest, world: World, live_server: LiveServer, browser: sync_api.Browser
) -> Iterator[list[sync_api.Page]]:
    """Two tabs of one browser, each with the panel of the same person open."""
    context = browser.new_context(java_script_enabled=request.param, viewport=browsing.DESK)
    tabs = [browsing.sign_in(context.new_page(), live_server.url, world.aino), context.new_page()]
    for tab in tabs:
        tab.goto(f"{live_server.url}/o/koskela/people/{world.mikko.id}/access")
    yield tabs
    context.close()


def test_second_tab_shows_what_has_changed_and_asks_again(world: World, tabs: list[sync_api.Page]) -> None:
    first, second = tabs
    first.get_by_label("Viewer").check()
    first.get_by_role("button", name=SAVE).click()
    expect(first.get_by_text("Mikko Laine’s access is changed.")).to_be_visible()
    limit = second.get_by_role("textbox", name="Limit for one order").filter(visible=True)
    limit.fill("4300")
    second.get_by_role("button", name=SAVE).click()
    expect(second.get_by_role("alert")).to_contain_text("This access has changed since you opened the page.")
    expect(second.locator("#effect")).to_contain_text("Now: Viewer, Tampere")
    expect(limit).to_have_value("4300")
    assert Event.objects.filter(verb="access.change", outcome="done").count() == 1
    second.get_by_role("button", name=SAVE).click()
    expect(second.get_by_text("Mikko Laine’s access is changed.")).to_be_visible()
    assert Event.objects.filter(verb="access.change", outcome="done").count() == 2
