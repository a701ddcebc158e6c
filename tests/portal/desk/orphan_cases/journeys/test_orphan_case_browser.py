"""In the browser, a customer gets a new admin in 8 steps of support and 3 of the requester; an objection is decided."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from delegation.orphan_cases.models import OrphanCase
from identity.organizations.models import Organization
from tests.fixtures import browsing, orphaned
from tests.fixtures.orphaned import DAY, PDF
from tests.fixtures.presses import Presses, mailed
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import PASSWORD, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL, COMPANY = "teemu@pohjola.example", "Pohjolan Sähkö Oy"


def judge(at: Presses, button: str) -> None:
    """Accept each proof."""
    for choice in at.page.get_by_label("Accept", exact=True).all():
        choice.check(force=True)
    at.button(button)


class Journey:
    """The people of a case, each in a browser."""

    def __init__(self, desk: Desk, base: str, browser: sync_api.Browser) -> None:
        self.desk, self.base, self.browser = desk, base, browser
        orphaned.bounce(desk.world.tiina)
        with bypassing_commands():
            Organization.objects.filter(id=desk.world.pohjola.id).update(register_id="7654321-0")
        self.requester = Presses(browser.new_context(viewport=browsing.DESK).new_page(), "requester")
        self.support = 0

    def staff(self, role: str) -> Presses:
        """A sitting of this member of the staff, who opens the case from the worklist: one step."""
        context = self.browser.new_context(viewport=browsing.DESK)
        value = self.desk.browser(role).cookies[settings.STAFF_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.STAFF_COOKIE_NAME, "value": value, "url": f"{self.base}/staff/"}]
        )
        sitting = Presses(context.new_page(), role)
        sitting.page.goto(f"{self.base}/staff/")
        sitting.page.locator("table", has_text="Cases of missing admins").get_by_role("link").click()
        sitting.count += 1
        return sitting

    def request(self) -> None:
        """Steps 1 and 2 of the requester."""
        page = self.requester.page
        page.goto(f"{self.base}{reverse('case_request')}")
        page.get_by_label("Company", exact=True).fill("Pohjolan Sähkö")
        page.get_by_label("Customer number or business ID").fill("7654321-0")
        page.get_by_label("Your name").fill("Teemu Aalto")
        page.get_by_label("Your work e-mail").fill(EMAIL)
        self.requester.button("Send the request")
        page.goto(f"{self.base}{mailed('orphan_request', EMAIL)}")
        self.requester.button("Confirm the request")
        expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()

    def propose(self) -> None:
        """Two proofs and the proposal: four steps with the opening."""
        first = self.staff("support")
        for kind, note in (("register", "Extract of today"), ("call_back", "Called 03 000 2210")):
            first.page.get_by_label("Kind of proof").select_option(kind)
            first.page.get_by_label("What you saw, and where").fill(note)
            if kind == "register":
                document = {"name": "extract.pdf", "mimeType": "application/pdf", "buffer": PDF}
                first.page.get_by_label("Document", exact=True).set_input_files(document)  # type: ignore[arg-type]
            first.button("Add the proof")
            expect(first.page.get_by_role("status")).to_have_text("The proof is added.")
        with first.page.expect_download() as download:
            first.page.get_by_role("link", name=re.compile("Download the document")).click()
        assert download.value.path().read_bytes() == PDF
        judge(first, "Propose Teemu Aalto as admin")
        expect(first.page.get_by_text("You proposed Teemu Aalto.")).to_be_visible()
        self.support += first.count

    def approve(self) -> None:
        second = self.staff("senior_support")
        judge(second, "Approve Teemu Aalto as admin")
        expect(second.page.get_by_text("You approved Teemu Aalto")).to_be_visible()
        self.support += second.count

    def invite(self) -> None:
        first = self.staff("support")
        first.button("Send the invitation")
        expect(first.page.get_by_text(f"The invitation to {EMAIL} is being sent.")).to_be_visible()
        self.support += first.count

    def accept(self) -> None:
        """Step 3 of the requester."""
        page = self.requester.page
        page.goto(f"{self.base}{mailed('invitation', EMAIL)}")
        page.get_by_label("New password").fill(PASSWORD)
        self.requester.button("Accept invitation")


def test_new_admin_is_found_in_eight_steps_and_three(
    desk: Desk, live_server: LiveServer, browser: sync_api.Browser
) -> None:
    journey = Journey(desk, live_server.url, browser)
    journey.request()
    journey.propose()
    journey.approve()
    move_clock(DAY + 60)
    journey.invite()
    journey.accept()
    case = OrphanCase.objects.get()
    assert case.state == "joined"
    assert (journey.support, journey.requester.count) == (8, 3)


def test_objection_stops_the_case_until_it_is_decided(
    desk: Desk, live_server: LiveServer, browser: sync_api.Browser
) -> None:
    journey = Journey(desk, live_server.url, browser)
    journey.request()
    journey.propose()
    objector = Presses(browser.new_context(viewport=browsing.DESK).new_page(), "objector")
    objector.page.goto(f"{live_server.url}{mailed('orphan_notice', str(desk.world.stina.user.email))}")
    objector.page.get_by_label("What should customer service know?").fill("He left in August")
    objector.button("Object")
    expect(objector.page.get_by_role("heading", name="You have objected")).to_be_visible()
    assert objector.count == 1
    move_clock(2 * DAY)
    first = journey.staff("support")
    expect(first.page.get_by_text("He left in August")).to_be_visible()
    expect(first.page.get_by_role("button", name="Send the invitation")).to_be_disabled()
    first.link("Answer the objection…")
    first.page.get_by_label("Why, and who you spoke with").fill("Spoke with Stina Berg")
    first.button("Continue the case")
    expect(first.page.get_by_text("The case continues.")).to_be_visible()
    journey.approve()
    assert OrphanCase.objects.get().state == "approved"
