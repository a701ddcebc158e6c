"""The list in a real browser: live search, filters, order, selection of all, and the file; without script, too."""

import csv
import io
import re

import pytest
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from provisioning.accounts.models import Account
from tests.fixtures import browsing, deliveries
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(world: World) -> World:
    """Seven more viewers at Oulu, and three pending invitations."""
    for number in range(7):
        world.member(
            world.koskela,
            f"Vieno Aho {number}",
            "viewer",
            sites=[world.oulu],
            email=f"v{number}@koskela.example",
        )
    for name in ("kadri", "kalle", "vieno"):
        world.invite(world.koskela, f"{name}@koskela.example", world.access("viewer", sites=[world.oulu]))
    return world


def names(page: sync_api.Page) -> list[str]:
    return page.locator(".kh-people tbody .kh-name").all_inner_texts()


def choose(page: sync_api.Page, menu: str, option: str) -> None:
    chips = page.locator("#people-filters")
    chips.locator("summary", has_text=menu).click()
    chips.get_by_role("link", name=re.compile(f"^{option}")).click()


def select_all_and_download(page: sync_api.Page) -> None:
    """From the filtered and sorted list: the file, everyone selected, and the page that asks."""
    assert names(page) == [f"Vieno Aho {number}" for number in reversed(range(7))]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    lines = csv.reader(io.StringIO(download.value.path().read_bytes().decode("utf-8-sig")))
    assert [line[0] for line in lines][1:] == names(page)
    bar = page.get_by_role("group", name="Actions for the selected people")
    expect(bar).to_be_hidden()
    page.get_by_label("Select Vieno Aho 3").check()
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Select all 7").click()
    expect(bar).to_contain_text("All 7 people selected")
    browsing.check_width(page, "people-whole")
    bar.get_by_role("button", name="Remove…").click()
    expect(page.get_by_role("heading", name="Remove 7 people")).to_be_visible()


def test_search_filters_order_selection_and_file_in_a_browser(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    browsing.sign_in(page, live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people")
    expect(page.get_by_text("3 pending invitations")).to_be_visible()
    page.get_by_label("Name, e-mail or site").press_sequentially("vieno")
    expect(page.get_by_text("7 of 14 people match.")).to_be_visible()
    expect(page.get_by_text("1 pending invitation")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=vieno$"))
    expect(page.get_by_label("Name, e-mail or site")).to_be_focused()
    expect(page.get_by_role("link", name="Invite")).to_have_attribute("href", re.compile("q%3Dvieno"))
    choose(page, "Site", "Oulu")
    choose(page, "Tier", "Viewer")
    expect(page.get_by_text("Tier: Viewer")).to_be_visible()
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page).to_have_url(re.compile(rf"\?q=vieno&site={world.oulu.id}&tier=viewer&sort=-name$"))
    browsing.check_width(page, "people-filtered")
    select_all_and_download(page)
    page.go_back()
    page.go_back()
    expect(page.get_by_text("Tier: Viewer")).to_be_visible()
    assert names(page) == [f"Vieno Aho {number}" for number in reversed(range(7))]
    page.get_by_role("link", name="Remove filter Tier").click()
    expect(page).to_have_url(re.compile(rf"\?q=vieno&site={world.oulu.id}&sort=-name$"))
    page.get_by_role("link", name="Clear filters").click()
    expect(page.get_by_text("3 pending invitations")).to_be_visible()
    assert len(names(page)) == 14


def test_search_filters_order_selection_and_file_without_script(
    world: World, live_server: LiveServer, browser: sync_api.Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = browsing.sign_in(context.new_page(), live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people")
    choose(page, "Site", "Oulu")
    choose(page, "Tier", "Viewer")
    page.get_by_label("Name, e-mail or site").fill("vieno")
    page.get_by_label("Name, e-mail or site").press("Enter")
    expect(page).to_have_url(re.compile(rf"\?q=vieno&site={world.oulu.id}&tier=viewer$"))
    page.get_by_role("link", name="Name", exact=True).click()
    select_all_and_download(page)
    context.close()


def test_selection_stays_while_the_list_updates_itself(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    deliveries.out_of_date_in_crm(world, world.olli)
    accounts = Account.objects.filter(user=world.mikko.user)
    accounts.update(state="updating")
    browsing.sign_in(page, live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people")
    for name in ("Mikko Laine", "Vilma Salo"):
        page.get_by_label(f"Select {name}").check()
    row = page.locator("tr", has_text="Mikko Laine")
    expect(row).to_contain_text("Updating")
    accounts.update(state="failed")
    expect(row).to_contain_text("Failed", timeout=30_000)
    for name in ("Mikko Laine", "Vilma Salo"):
        expect(page.get_by_label(f"Select {name}")).to_be_checked()
    accounts.update(state="updating")
    page.get_by_role("button", name="Select all 13 people (you are not included)").click()
    expect(row).to_contain_text("Updating")
    accounts.update(state="failed")
    expect(row).to_contain_text("Failed", timeout=30_000)
    expect(page.get_by_text("All 13 people selected (you are not included)")).to_be_visible()


def test_enter_on_a_tick_box_sends_nothing(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    browsing.sign_in(page, live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people?q=vieno")
    box = page.get_by_label("Select Vieno Aho 3")
    box.focus()
    box.press("Enter")
    box.press("Space")
    expect(box).to_be_checked()
    expect(page.locator("input[type=hidden][name=all]")).to_have_count(0)
    assert page.url.endswith("/o/koskela/people?q=vieno")
