"""Budgets of steps: how many links and buttons a task takes, counted in a browser, with and without scripts."""

from collections.abc import Callable, Iterator

import pytest
from playwright import sync_api
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.fixtures import browsing
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

BUDGETS = {
    "invite": 2,
    "tier": 2,
    "sites": 2,
    "remove": 3,
    "second admin": 2,
    "several": 2,
    "sites of several": 2,
}


class Steps:
    """Counts what a person presses: links and buttons, not fields."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def link(self, name: str) -> None:
        self._press(self.page.get_by_role("link", name=name))

    def button(self, name: str) -> None:
        self._press(self.page.get_by_role("button", name=name, exact=True))

    def _press(self, target: Locator) -> None:
        target.filter(visible=True).first.click()
        self.count += 1


def invite(steps: Steps, world: World) -> None:
    """From the list of people."""
    steps.link("Invite")
    steps.page.get_by_label("E-mail address").fill("liisa@koskela.example")
    steps.page.get_by_label("Viewer").check()
    steps.button("Send invitation")
    expect(steps.page.get_by_text("is being sent.")).to_be_visible()


def change_tier(steps: Steps, world: World) -> None:
    """From the page of the person."""
    steps.page.goto(f"{steps.page.url}/{world.mikko.id}")
    steps.link("Change access")
    steps.page.get_by_label("Viewer").check()
    steps.button("Change Mikko Laine’s access")
    expect(steps.page.get_by_text("Mikko Laine’s access is changed.")).to_be_visible()


def change_sites(steps: Steps, world: World) -> None:
    """From the page of the person."""
    steps.page.goto(f"{steps.page.url}/{world.mikko.id}")
    steps.link("Change access")
    steps.page.get_by_label("Oulu").check()
    steps.button("Change Mikko Laine’s access")
    expect(steps.page.get_by_text("Mikko Laine’s access is changed.")).to_be_visible()


def _tick(steps: Steps, *names: str) -> None:
    for name in names:
        steps.page.get_by_label(f"Select {name}").check()


def change_several(steps: Steps, world: World) -> None:
    """From the list of people, where they are ticked."""
    _tick(steps, "Mikko Laine", "Vilma Salo")
    steps.button("Change access…")
    steps.page.get_by_label("Viewer").check()
    steps.page.get_by_label("Oulu").check()
    steps.button("Change 2 people’s access")
    expect(steps.page.get_by_text("The access of 2 people is changed.")).to_be_visible()


def limit_several(steps: Steps, world: World) -> None:
    """From the list of people, where they are ticked."""
    _tick(steps, "Ulla Nieminen", "Vilma Salo")
    steps.button("Limit to sites…")
    steps.page.get_by_label("Tampere").check()
    steps.button("Limit 2 people to these sites")
    expect(steps.page.get_by_text("The access of 2 people is changed.")).to_be_visible()


def remove(steps: Steps, world: World) -> None:
    """From the list of people: the person, the page of consequences, the removal."""
    steps.link("Mikko Laine")
    steps.link("Remove…")
    steps.button("Remove Mikko Laine")
    expect(steps.page.get_by_role("heading", name="Mikko Laine is removed")).to_be_visible()


def choose_second_admin(steps: Steps, world: World) -> None:
    """From the page that the notice of the only admin leads to."""
    steps.page.goto(f"{steps.page.url}/second-admin?q=mikko")
    steps.link("Make admin…")
    steps.button("Change Mikko Laine’s access")
    expect(steps.page.get_by_text("Mikko Laine’s access is changed.")).to_be_visible()


TASKS: dict[str, Callable[[Steps, World], None]] = {
    "invite": invite,
    "tier": change_tier,
    "sites": change_sites,
    "remove": remove,
    "several": change_several,
    "sites of several": limit_several,
    "second admin": choose_second_admin,
}


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def page_for_admin(
    request: pytest.FixtureRequest, world: World, live_server: LiveServer, browser: sync_api.Browser
) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param, viewport=browsing.DESK)
    page = browsing.sign_in(context.new_page(), live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people")
    yield page
    context.close()


@pytest.mark.parametrize("task", TASKS)
def test_task_takes_the_steps_of_its_budget(page_for_admin: Page, world: World, task: str) -> None:
    steps = Steps(page_for_admin)
    TASKS[task](steps, world)
    assert steps.count == BUDGETS[task]
