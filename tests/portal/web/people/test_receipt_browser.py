"""A removal with a paused CRM in a real browser: the receipt counts, asks less and less often, and is confirmed."""

import re
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from identity.sessions.models import Session
from provisioning.mail.models import Mail
from provisioning.removals import late_confirmations
from tests.fixtures import browsing, connected_services
from tests.fixtures.connected_services import ConnectedServices
from tests.fixtures.pages import person_path
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def services(world: World, settings: LazySettings) -> Iterator[ConnectedServices]:
    with connected_services.connected(world, settings) as connected:
        connected.pause_crm()
        yield connected


def seconds_shown(page: sync_api.Page) -> int:
    """Give the wait that the page shows, in seconds."""
    value = page.locator(".kh-late__clock time").get_attribute("datetime") or ""
    return int(re.fullmatch(r"PT([0-9]+)S", value)[1])  # type: ignore[index]


def remove(page: sync_api.Page, base: str, world: World) -> None:
    browsing.sign_in(page, base, world.aino)
    page.goto(f"{base}{person_path(world.mikko, 'remove')}")
    page.get_by_role("button", name="Remove Mikko Laine").click()
    expect(page.get_by_role("heading", name="Mikko Laine is removed")).to_be_visible()


def test_receipt_counts_the_wait_until_the_paused_system_confirms_and_a_mail_follows(
    world: World, services: ConnectedServices, live_server: LiveServer, page: sync_api.Page
) -> None:
    remove(page, live_server.url, world)
    services.deliver()
    late = page.locator(".kh-late")
    expect(late).to_contain_text("CRM portal does not take updates at the moment. 1 attempt, at")
    expect(page.locator(".kh-lead")).to_contain_text(
        "1 of 2 systems has confirmed. CRM portal has not confirmed yet."
    )
    before = seconds_shown(page)
    expect(late.locator("time")).not_to_have_attribute("datetime", f"PT{before}S")
    assert seconds_shown(page) > before
    browsing.check_width(page, "receipt-waiting")

    late.get_by_role("button", name="Try again now").press("Enter")
    expect(page.get_by_text("A new attempt was requested.")).to_be_visible()
    expect(late.get_by_role("button", name="Try again now")).to_be_focused()
    services.retry_now()
    services.deliver()
    expect(late).to_contain_text("2 attempts, the last at")
    expect(page.get_by_text("A new attempt was requested.")).to_be_visible()

    move_clock(100)
    services.answer()
    expect(page.locator(".kh-lead")).to_contain_text(
        re.compile("All systems confirmed within 1.min [0-9]+.s"), timeout=30_000
    )
    expect(page.get_by_role("row", name="CRM portal")).to_contain_text("Account closed")
    expect(late).to_have_count(0)
    expect(page.get_by_text("A new attempt was requested.")).to_have_count(0)
    late_confirmations.examine_due()
    move_clock(400)
    late_confirmations.examine_due()
    assert Mail.objects.filter(purpose="removal_confirmed").count() == 1


def test_waiting_receipt_asks_less_and_less_often_and_names_its_state(
    world: World, services: ConnectedServices, live_server: LiveServer, page: sync_api.Page
) -> None:
    polls: list[sync_api.Response] = []
    page.on(
        "response",
        lambda answer: polls.append(answer) if answer.request.headers.get("keyholder-poll") else None,
    )
    remove(page, live_server.url, world)
    services.deliver()
    expect(page.locator(".kh-late")).to_be_visible()
    seen = Session.objects.get(user=world.aino.user).last_seen_at
    count = len(polls)
    clock = page.locator(".kh-late__clock time")
    expect(clock).to_have_text(re.compile("1[2-9].s|[2-5][0-9].s"), timeout=60_000)
    assert polls[-1].status in {200, 304}
    assert {answer.status for answer in polls[count:]} <= {200, 304}
    assert len(polls) <= 8  # every second would be eleven
    assert Session.objects.get(user=world.aino.user).last_seen_at == seen


def test_opened_details_and_the_focus_survive_an_update(
    world: World, services: ConnectedServices, live_server: LiveServer, page: sync_api.Page
) -> None:
    remove(page, live_server.url, world)
    services.deliver()
    expect(page.locator(".kh-late")).to_contain_text("1 attempt, at")
    page.get_by_text("Hash", exact=True).click()
    button = page.get_by_role("button", name="Try again now")
    button.focus()
    services.retry_now()
    services.deliver()
    expect(page.locator(".kh-late")).to_contain_text("2 attempts, the last at")
    expect(button).to_be_focused()
    expect(page.locator(".kh-hash code")).to_be_visible()


def test_person_page_updates_itself_while_a_system_is_updating(
    world: World, services: ConnectedServices, live_server: LiveServer, page: sync_api.Page
) -> None:
    world.change(world.mikko, world.access("viewer"))
    services.deliver()
    browsing.sign_in(page, live_server.url, world.aino)
    page.goto(f"{live_server.url}{person_path(world.mikko)}")
    row = page.get_by_role("row", name="CRM portal")
    expect(row).to_contain_text("Updating")
    expect(row).to_contain_text("CRM portal does not take updates at the moment. 1 attempt, at")
    browsing.check_width(page, "person-updating")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("Sync started for Mikko Laine.")).to_be_visible()
    services.answer()
    expect(row).to_contain_text("Up to date")
    expect(page.locator("[data-kh-poll]")).to_have_count(0)
    expect(page.get_by_text("Sync started for Mikko Laine.")).to_have_count(0)


def test_list_updates_its_rows_and_keeps_search_and_ticks(
    world: World, services: ConnectedServices, live_server: LiveServer, page: sync_api.Page
) -> None:
    world.change(world.mikko, world.access("viewer"))
    services.deliver()
    browsing.sign_in(page, live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people")
    page.get_by_role("searchbox").fill("mikko")
    row = page.get_by_role("row", name="Mikko Laine")
    expect(page.get_by_role("row", name="Olli Mäkinen")).to_have_count(0)
    page.get_by_label("Select Mikko Laine").check()
    expect(row).to_contain_text("Updating")
    services.answer()
    expect(row.locator(".kh-c-sys--ok")).to_have_count(1, timeout=30_000)
    expect(page.get_by_role("row", name="Olli Mäkinen")).to_have_count(0)
    expect(page.get_by_label("Select Mikko Laine")).to_be_checked()
    expect(page.locator("[data-kh-poll]")).to_have_count(0)


def test_receipt_without_a_script_has_the_same_facts_and_a_way_to_refresh(
    world: World, services: ConnectedServices, live_server: LiveServer, browser: sync_api.Browser
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=browsing.PHONE)
    page = context.new_page()
    remove(page, live_server.url, world)
    services.deliver()
    page.get_by_role("link", name="Refresh").click()
    late = page.locator(".kh-late")
    expect(late).to_contain_text("CRM portal does not take updates at the moment. 1 attempt, at")
    expect(late.locator("time")).to_have_text(re.compile("[0-9]+.s"))
    late.get_by_role("button", name="Try again now").click()
    expect(page.get_by_text("A new attempt was requested.")).to_be_visible()
    services.answer()
    expect(page.get_by_text(re.compile("All systems confirmed within"))).to_be_visible()  # by itself
    context.close()
