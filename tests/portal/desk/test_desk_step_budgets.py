"""Budgets of steps at the desk: links, buttons and searches from the first page, counted with and without scripts."""

from collections.abc import Callable
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from playwright import sync_api
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from audit.foundation import clock
from tests.fixtures import browsing
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import PLACE, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


class Steps:
    """Counts what a staff member presses: links, buttons and Enter in a search, not fields."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def link(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=name))

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name, exact=True))

    def press(self, target: Locator) -> None:
        target.filter(visible=True).first.click()
        self.count += 1

    def search(self, text: str) -> None:
        box = self.page.get_by_role("searchbox")
        box.fill(text)
        box.press("Enter")
        self.count += 1


def find_person(steps: Steps) -> None:
    """Open a person of any customer."""
    steps.search("makinen")
    steps.link("Olli Mäkinen")
    expect(steps.page.get_by_role("heading", name="Olli Mäkinen")).to_be_visible()


def place_hold(steps: Steps) -> None:
    """From the customer's page."""
    steps.page.goto(f"{steps.page.url}organizations/koskela/")
    steps.link("Place a hold…")
    steps.page.get_by_label("What stops?").select_option("order in the web shop")
    steps.page.get_by_label("Overdue invoices").check()
    steps.button("Preview hold…")
    steps.button("Place the hold")
    expect(steps.page.get_by_role("status")).to_have_text("The hold is placed: order in the web shop.")


def ask_who_could(steps: Steps) -> None:
    """A question on one amount and site, with the grounds of the first person in the answer."""
    steps.link("Who could")
    steps.page.get_by_label("Customer", exact=True).fill("Koskela")
    steps.page.get_by_label("Who could").select_option(PLACE)
    steps.page.get_by_label("Over", exact=False).fill("500")
    steps.page.get_by_label("For the site").fill("tampere")
    now = clock.now().astimezone(ZoneInfo("Europe/Helsinki"))
    steps.page.get_by_label("On the day").fill(now.strftime("%Y-%m-%d"))
    steps.page.get_by_label("At, in the customer’s time").fill(now.strftime("%H:%M"))
    steps.button("Show who could")
    expect(steps.page.get_by_role("heading", name="1 person could")).to_be_visible()
    steps.press(steps.page.get_by_text("Why?"))
    expect(steps.page.get_by_text("Tier Orderer")).to_be_visible()


def export_answer(steps: Steps) -> None:
    """From the question to the file."""
    ask_who_could(steps)
    with steps.page.expect_download() as download:
        steps.link("CSV")
    assert download.value.suggested_filename.endswith(".csv")
    assert "Mikko Laine" in download.value.path().read_text(encoding="utf-8-sig")


class Task(NamedTuple):
    """A task, the role that does it, and the most steps that it may take."""

    do: Callable[[Steps], None]
    role: str
    budget: int


TASKS = {
    "find a person": Task(find_person, "support", 2),
    "who could, and why": Task(ask_who_could, "auditor", 3),
    "question to export": Task(export_answer, "auditor", 5),
    "place a hold": Task(place_hold, "account_manager", 3),  # the last: it stops orders
}


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_task_at_the_desk_takes_the_steps_of_its_budget_at_most(
    desk: Desk, live_server: LiveServer, browser: sync_api.Browser, *, script: bool
) -> None:
    cookies = {
        task.role: desk.browser(task.role).cookies[settings.STAFF_COOKIE_NAME].value
        for task in TASKS.values()
    }
    move_clock(60)  # a question names whole minutes, and rights are older than it
    url = f"{live_server.url}/staff/"
    for name, task in TASKS.items():
        context = browser.new_context(java_script_enabled=script, viewport=browsing.DESK)
        context.add_cookies([{"name": settings.STAFF_COOKIE_NAME, "value": cookies[task.role], "url": url}])
        steps = Steps(context.new_page())
        steps.page.goto(url)
        task.do(steps)
        browsing.check_width(steps.page, f"{name.replace(' ', '-')}-{script}")
        assert steps.count <= task.budget, name
        context.close()
