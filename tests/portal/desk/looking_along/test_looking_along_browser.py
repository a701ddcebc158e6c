"""Support looks along with a caller: search, code, look, another page, a prepared form that the caller sends, stop."""

import re

import pytest
from django.conf import settings
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.fixtures import browsing
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_support_looks_along_prepares_and_is_stopped_by_the_caller(
    desk: Desk, live_server: LiveServer, browser: sync_api.Browser, *, script: bool
) -> None:
    contexts = [browser.new_context(java_script_enabled=script, viewport=browsing.DESK) for _ in range(2)]
    aino, sanna = (context.new_page() for context in contexts)
    base = live_server.url
    browsing.sign_in(aino, base, desk.world.aino)
    cookie = desk.browser("support").cookies[settings.STAFF_COOKIE_NAME].value
    sanna.context.add_cookies(
        [{"name": settings.STAFF_COOKIE_NAME, "value": cookie, "url": f"{base}/staff/"}]
    )
    sanna.goto(f"{base}/staff/")

    search(sanna)
    begin(aino, sanna)

    aino.get_by_role("link", name="Go to the start page").click()
    strip = aino.get_by_role("complementary", name="Looking along")
    expect(strip).to_contain_text("Sanna Heikkilä from Kivisalo is looking along.")
    aino.get_by_role("link", name="People", exact=True).first.click()
    browsing.check_width(aino, "look-people")
    follow(sanna, script=script)
    expect(sanna.get_by_role("heading", level=1)).to_have_text("People")
    copied = sanna.get_by_role("region", name="Aino Virtanen’s page")
    expect(copied).to_contain_text("Mikko L.")
    expect(copied).not_to_contain_text("Laine")
    expect(copied.get_by_role("link")).to_have_count(0)
    expect(copied.get_by_role("button")).to_have_count(0)
    browsing.check_width(sanna, "look-staff")
    aino.get_by_role("link", name="Mikko Laine").click()
    follow(sanna, script=script)
    expect(sanna.get_by_role("heading", level=1)).to_have_text("Mikko L.")

    sanna.get_by_role("link", name="Show the page that").click()
    sanna.get_by_role("link", name="Prepare a change of access").click()
    sanna.get_by_label("Viewer").check()
    sanna.get_by_label("All sites").check()
    browsing.check_width(sanna, "look-prepare")
    sanna.get_by_role("button", name="Show it to Aino Virtanen").click()
    expect(sanna.get_by_text("Aino Virtanen has not sent it.")).to_be_visible()
    aino.reload()
    aino.get_by_role("link", name="a change of access").click()
    expect(aino.get_by_text("Prepared by Sanna Heikkilä of Kivisalo.")).to_be_visible()
    expect(aino.get_by_label("Viewer")).to_be_checked()
    browsing.check_width(aino, "look-prepared")
    aino.get_by_role("button", name=re.compile("^Change Mikko Laine")).click()
    expect(aino.get_by_role("status")).to_contain_text("Mikko Laine’s access is changed.")
    sent = aino.get_by_text("From a form that Sanna Heikkilä of Kivisalo prepared.")
    expect(sent.first).to_be_visible()

    aino.get_by_role("button", name="Stop looking along").click()
    expect(aino.get_by_role("status")).to_have_text("Support no longer looks along.")
    expect(strip).to_have_count(0)
    sanna.goto(sanna.url)
    expect(sanna.get_by_role("status")).to_have_text("This looking along has ended.")
    expect(sanna.get_by_role("button", name="Stop")).to_have_count(0)
    for context in contexts:
        context.close()


def follow(sanna: sync_api.Page, *, script: bool) -> None:
    """Without a script the link shows the page; with one, it comes by itself."""
    if not script:
        sanna.get_by_role("link", name="Show the page that").click()


def search(sanna: sync_api.Page) -> None:
    """The caller says a name; Sanna reads who that is."""
    box = sanna.get_by_role("searchbox")
    box.fill("virtanen")
    box.press("Enter")
    sanna.get_by_role("link", name="Aino Virtanen").click()
    expect(sanna.get_by_role("heading", level=1)).to_have_text("Aino Virtanen")


def begin(aino: sync_api.Page, sanna: sync_api.Page) -> None:
    """Aino makes a code and reads it aloud; Sanna enters it."""
    aino.get_by_text("Aino Virtanen").first.click()
    aino.get_by_role("link", name="Get help from support").click()
    aino.get_by_label("Look along and prepare forms").check()
    aino.get_by_role("button", name="Make a code").click()
    code = aino.locator("#code").inner_text()
    browsing.check_width(aino, "look-code")
    sanna.get_by_role("link", name="Look along").first.click()
    sanna.get_by_label("Code of the caller").fill(code)
    sanna.get_by_role("button", name="Look along").click()
    expect(sanna.get_by_text("No page yet")).to_be_visible()
