"""A provider without back-channel logout does not report a leaver, who is out at the absolute limit of the session."""

import pytest
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.fixtures import browsing, staff_provider
from tests.fixtures.fake_provider import FakeProvider
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
MINUTES = 8 * 60
SENTENCE = "a session on the staff pages lasts 8 hours at most"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_leaver_without_back_channel_logout_is_out_at_the_stated_limit(
    world: World, op: FakeProvider, live_server: LiveServer, browser: sync_api.Browser, *, script: bool
) -> None:
    page = browser.new_context(java_script_enabled=script, viewport=browsing.DESK).new_page()
    home = f"{live_server.url}/staff/"
    cookies = staff_provider.signed_in(op).cookies
    page.context.add_cookies(
        [{"name": name, "value": cookie.value, "url": home} for name, cookie in cookies.items()]
    )
    page.goto(home)
    for minute in range(25, MINUTES, 25):
        move_clock(minute * 60)
        page.reload()
    expect(page.get_by_role("heading", name="Desk", exact=True)).to_be_visible()

    move_clock(MINUTES * 60 + 1)
    page.reload()

    expect(page.get_by_role("heading", name="Staff sign-in")).to_be_visible()
    expect(page.get_by_text(SENTENCE)).to_be_visible()
    browsing.check_width(page, f"staff-session-over-{script}")
    page.goto(home)
    expect(page.get_by_role("heading", name="Staff sign-in")).to_be_visible()
    expect(page.get_by_text(SENTENCE)).to_have_count(0)
