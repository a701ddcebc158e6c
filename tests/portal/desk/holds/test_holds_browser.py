"""A hold is set and lifted while a colleague has the customer's page open, and a member the start page."""

import pytest
from django.conf import settings
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.fixtures import browsing
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMER = "/staff/organizations/koskela/"
NOTICE = "On hold: order in the web shop."


def staff_page(page: sync_api.Page, base: str, desk: Desk, role: str) -> sync_api.Page:
    """Sign a staff member in and open the customer's page."""
    cookie = desk.browser(role).cookies[settings.STAFF_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.STAFF_COOKIE_NAME, "value": cookie, "url": f"{base}/staff/"}])
    page.goto(f"{base}{CUSTOMER}")
    return page


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_hold_is_set_and_lifted_while_a_colleague_has_the_customer_open(
    desk: Desk, live_server: LiveServer, browser: sync_api.Browser, *, script: bool
) -> None:
    contexts = [browser.new_context(java_script_enabled=script, viewport=browsing.DESK) for _ in range(3)]
    manager, colleague, member = (context.new_page() for context in contexts)
    staff_page(manager, live_server.url, desk, "account_manager")
    staff_page(colleague, live_server.url, desk, "support")
    browsing.sign_in(member, live_server.url, desk.world.mikko)
    expect(colleague.get_by_role("link", name="Place a hold…")).to_have_count(0)
    expect(member.get_by_text("You can order in the web shop", exact=False).first).to_be_visible()

    manager.get_by_role("link", name="Place a hold…").click()
    manager.get_by_label("What stops?").select_option("order in the web shop")
    manager.get_by_label("Overdue invoices").check()
    manager.get_by_role("button", name="Preview hold…").click()
    expect(manager.get_by_text("This stops 2 people. It does not affect 5.")).to_be_visible()
    said = manager.locator("blockquote").inner_text()
    browsing.check_width(manager, "hold-confirm")
    manager.get_by_role("button", name="Place the hold").click()
    expect(manager.get_by_role("status")).to_have_text("The hold is placed: order in the web shop.")

    colleague.get_by_role("link", name="Holds").click()
    expect(colleague.get_by_role("cell", name="Overdue invoices")).to_be_visible()
    expect(colleague.get_by_role("link", name="Lift…")).to_have_count(0)
    member.reload()
    expect(member.get_by_role("complementary", name="On hold")).to_have_text(said)
    expect(member.get_by_text("You can order in the web shop", exact=False)).to_have_count(0)

    manager.get_by_role("link", name="Lift…").click()
    expect(manager.get_by_text("2 people can again:")).to_be_visible()
    manager.get_by_role("button", name="Lift the hold").click()
    expect(manager.get_by_role("status")).to_have_text("The hold is lifted: order in the web shop.")
    member.reload()
    expect(member.get_by_text(NOTICE)).to_have_count(0)
    colleague.reload()
    expect(colleague.get_by_text("Nothing is on hold")).to_be_visible()
    for context in contexts:
        context.close()
