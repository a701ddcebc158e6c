"""In the browser, a handover over three days takes 3 steps of the giver and 2 of the successor, and support sees it."""

import re

import pytest
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from audit.foundation import clock
from delegation.authorization import admin_queries
from delegation.handovers.models import Handover
from identity.memberships.models import Membership
from portal.desk.organizations.context import CustomerPage
from portal.web.handovers import handover_mails
from tests.fixtures import browsing
from tests.fixtures.pages import page_model
from tests.fixtures.presses import Presses, mailed
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600


class Person:
    """A member whose every sitting is a new browser: days lie between them. Presses add up."""

    def __init__(self, who: Membership, base: str, browser: sync_api.Browser) -> None:
        self.who, self.base, self.browser, self.count = who, base, browser, 0

    def sits_down(self, path: str) -> Presses:
        """Open this address, as from a mail or a bookmark."""
        page = self.browser.new_context(viewport=browsing.DESK).new_page()
        browsing.sign_in(page, self.base, self.who)
        page.goto(f"{self.base}{path}")
        return Presses(page, f"handover-{self.who.user.email.partition('@')[0]}")

    def gets_up(self, sitting: Presses) -> None:
        self.count += sitting.count
        sitting.page.context.close()


def working_admins(desk: Desk) -> set[str]:
    rows = admin_queries.working_admins(organization=desk.world.koskela.id, at=clock.now())
    return set(rows.values_list("user__name", flat=True))


def test_handover_over_three_days_takes_three_steps_and_two(
    desk: Desk, live_server: LiveServer, browser: sync_api.Browser
) -> None:
    paivi = Person(desk.world.paivi, live_server.url, browser)
    vilma = Person(desk.world.vilma, live_server.url, browser)
    address = str(desk.world.vilma.user.email)

    # The first day: the giver asks.
    sitting = paivi.sits_down("/o/koskela/me")
    sitting.link("Hand over to another person")
    sitting.page.get_by_label(re.compile("^Vilma Salo")).check(force=True)
    sitting.button("Ask this person")
    expect(sitting.page.get_by_role("status")).to_have_text(
        "The handover has begun. Nothing has changed yet."
    )
    paivi.gets_up(sitting)
    before = working_admins(desk)
    assert "Päivi Korhonen" in before

    # The fourth day: a reminder; the successor accepts.
    move_clock(3 * DAY + 60)
    assert handover_mails.queue_due(clock.now()) == 1
    sitting = vilma.sits_down(mailed("handover_reminder", address))
    sitting.button("Take over")
    expect(sitting.page.get_by_role("status")).to_have_text("You have accepted. Nothing has changed yet.")
    vilma.gets_up(sitting)
    assert working_admins(desk) == before
    support = desk.browser("support").get("/staff/organizations/koskela/")
    (line,) = page_model(support, CustomerPage).handovers
    assert "Vilma Salo" in line

    # The fifth day: the giver completes it from the mail, and stays as a viewer.
    move_clock(4 * DAY)
    sitting = paivi.sits_down(mailed("handover", str(desk.world.paivi.user.email)))
    browsing.check_width(sitting.page, "handover-complete")
    sitting.page.get_by_label("Stay as Viewer").check(force=True)
    sitting.button("Hand over")
    expect(sitting.page.get_by_role("status")).to_have_text("Vilma Salo is the admin now.")
    paivi.gets_up(sitting)

    assert Handover.objects.get().step == "completed"
    assert working_admins(desk) == before - {"Päivi Korhonen"} | {"Vilma Salo"}
    assert paivi.count <= 3
    assert vilma.count <= 2
