"""A customer is onboarded in two steps and its fields; the first admin accepts and invites a colleague."""

import pytest
from django.conf import settings
from playwright import sync_api
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from identity.memberships.models import Membership
from tests.fixtures import browsing, queued_mails
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
BUDGET = 2
"""Links and buttons, from the page of the form."""
FIELDS = {
    "Company name": "Rauman Rakennus Oy",
    "Customer number": "20881",
    "Sites": "Rauma; RAU\nPori",
    "Name": "Liisa Rauma",
    "Work e-mail": "liisa@rauma.example",
    "Highest limit for one order": "10 000",
}


def manager(page: Page, base: str, desk: Desk) -> Page:
    """Sign an account manager in and open the list of customers."""
    cookie = desk.browser("account_manager").cookies[settings.STAFF_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.STAFF_COOKIE_NAME, "value": cookie, "url": f"{base}/staff/"}])
    page.goto(f"{base}/staff/organizations/")
    return page


def press(page: Page, *names: str) -> int:
    """Press these buttons, and return how many."""
    for name in names:
        page.get_by_role("button", name=name, exact=True).click()
    return len(names)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_onboarding_takes_two_steps_and_its_fields(
    desk: Desk, live_server: LiveServer, browser: sync_api.Browser, *, script: bool
) -> None:
    context = browser.new_context(java_script_enabled=script, viewport=browsing.DESK)
    page = manager(context.new_page(), live_server.url, desk)
    page.get_by_role("link", name="Onboard a customer").click()
    for label, text in FIELDS.items():
        page.get_by_role("textbox", name=label, exact=label in {"Name", "Work e-mail"}).first.fill(text)
    steps = press(page, "Preview")
    expect(page.get_by_text("is created with 2 sites")).to_be_visible()
    browsing.check_width(page, f"onboard-{script}")
    steps += press(page, "Onboard Rauman Rakennus Oy")
    expect(page.get_by_role("heading", name="Rauman Rakennus Oy is onboarded")).to_be_visible()
    browsing.check_width(page, f"onboarded-{script}")
    assert steps == BUDGET
    context.close()

    person = browser.new_context(java_script_enabled=script, viewport=browsing.DESK)
    newcomer = person.new_page()
    newcomer.goto(f"{live_server.url}/invitations/{queued_mails.invitation_token()}")
    newcomer.get_by_label("Your name").fill("Liisa Rauma")
    newcomer.get_by_label("New password").fill("kolme erillista sanaa")
    newcomer.get_by_role("button", name="Accept invitation").click()
    newcomer.wait_for_url(lambda url: "/invitations/" not in url)
    liisa = Membership.objects.select_related("user", "organization").get(user__email="liisa@rauma.example")
    desk.world.factor(liisa.user)
    browsing.sign_in(newcomer, live_server.url, liisa)
    newcomer.goto(f"{live_server.url}/o/rauman-rakennus-oy/people/invite")
    newcomer.get_by_label("E-mail address").fill("kaisa@rauma.example")
    newcomer.get_by_label("Viewer").check()
    press(newcomer, "Send invitation")
    expect(newcomer.get_by_text("is being sent.")).to_be_visible()
    person.close()
