"""Operators see the applications of their business units, and pause, resume and sync deliveries."""

import json
from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from audit.foundation import clock
from audit.models import Event
from delegation.applications import commands as applications_commands
from delegation.applications.new_client import NewClient
from portal.desk.applications.context import ApplicationPage, ApplicationsPage
from portal.desk.applications.delivery_context import PausePage
from provisioning.accounts import planner
from provisioning.accounts.models import Account
from provisioning.targets import pauses
from provisioning.targets.models import Target
from tests.fixtures import connected_services, staff_targets
from tests.fixtures.connected_services import ConnectedServices
from tests.fixtures.pages import count_statements, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
LIST, SHOP = "/staff/applications/", "/staff/applications/ordering/"
FRAME = 2
"""Statements of the frame of every staff page, the reader's rights among them."""


@pytest.fixture
def services(world: World, settings: LazySettings) -> Iterator[ConnectedServices]:
    with connected_services.connected(world, settings) as connected:
        yield connected


def add_applications(desk: Desk, number: int) -> None:
    for count in range(number):
        client = NewClient(f"more-{count}", "More", ["https://more.example.test/callback"])
        applications_commands.register_application(
            actor=desk.world.system, key=f"more{count}", name={"en": "More"}, unit="kivisalo", client=client
        )


def test_list_has_the_applications_of_the_unit_in_as_many_statements_for_more(desk: Desk) -> None:
    staff_targets.connected(desk.world)
    browser, foreign = desk.browser("operator"), desk.browser("operator", unit=desk.staff.eesti)
    few = count_statements(browser, LIST)
    shown = page_model(browser.get(LIST), ApplicationsPage)
    assert [(row.key, row.clients, row.state) for row in shown.rows] == [
        ("crm", "1", ""),
        ("ordering", "1", "wait"),
    ]
    add_applications(desk, 3)
    assert len(page_model(browser.get(LIST), ApplicationsPage).rows) == 5
    assert (few, count_statements(browser, LIST)) == (FRAME + 5, FRAME + 5)
    assert page_model(foreign.get(LIST), ApplicationsPage).rows == []
    for path in ("", "pause", "sync"):
        assert foreign.get(f"{SHOP}{path}").status_code == 404
        assert foreign.post(f"{SHOP}{path}", {"duration": "1h"}).status_code in {404, 405}
    assert not Event.objects.filter(verb__startswith="target.", actor_kind="staff").exists()


def test_page_shows_clients_failures_and_waiting_without_a_secret(
    desk: Desk, services: ConnectedServices
) -> None:
    services.pause_crm()
    services.deliver()
    desk.world.remove(desk.world.olli)
    services.deliver()
    browser = desk.browser("operator")
    answer = browser.get("/staff/applications/crm/")
    shown = page_model(answer, ApplicationPage)
    assert count_statements(browser, "/staff/applications/crm/") == FRAME + 8
    assert shown.system is not None
    assert (shown.system.state, shown.system.waits) == ("failed", "1 removal")
    assert [(row.reason, row.accounts) for row in shown.failures] == [("It asks for a pause.", "1")]
    assert shown.trouble is not None
    assert not shown.is_paused
    shop = page_model(browser.get(SHOP), ApplicationPage)
    assert shop.system is not None
    assert (shop.system.state, shop.trouble, shop.failures) == ("ok", None, [])
    assert shop.system.most_within
    assert [(row.pkce, row.kind) for row in shop.clients] == [("required, S256", "with a secret")]
    assert "Olli" not in visible_text(answer)
    assert not Event.objects.filter(verb="customer_data.read").exists()


def test_pause_stops_removals_until_it_is_resumed_or_over(desk: Desk, services: ConnectedServices) -> None:
    browser, olli = desk.browser("operator"), desk.world.olli
    assert browser.get(f"{SHOP}pause").status_code == 200
    assert browser.post(f"{SHOP}pause", {"duration": "1y"}).status_code == 200
    sent = {"duration": "4h", "idempotency_key": "a" * 32}
    for _ in range(2):
        assert browser.post(f"{SHOP}pause", sent)["Location"] == SHOP
    (event,) = Event.objects.filter(verb="target.pause")
    assert event.outcome == "done"
    desk.world.remove(olli)
    services.deliver()
    assert services.shop.record_of(olli.user_id)["active"]
    assert not services.crm.record_of(olli.user_id)["active"]
    shown = page_model(browser.get(SHOP), ApplicationPage)
    assert shown.trouble is not None
    assert (shown.is_paused, shown.trouble.text) == (True, "Waiting: 1 removal.")
    assert page_model(browser.get(f"{SHOP}pause"), PausePage).waits == "1 removal"
    browser.post(f"{SHOP}pause", {"duration": "1h", "resume": "1"})
    services.deliver()
    assert not services.shop.record_of(olli.user_id)["active"]
    assert browser.post(f"{SHOP}pause", {"duration": "1h", "resume": "1"}).status_code == 302
    (resumed,) = Event.objects.filter(verb="target.resume", outcome="done")
    assert json.loads(bytes(resumed.body))["after"] == {"paused_until": None}


def test_pause_ends_by_itself(desk: Desk, services: ConnectedServices) -> None:
    target = Target.objects.get(application__key="ordering")
    operator = desk.staff.hire("Oona Operator", "operator", unit=desk.staff.kivisalo)
    pauses.pause(actor=operator, target=target.id, hours=1)
    desk.world.remove(desk.world.olli)
    services.deliver()
    assert services.shop.record_of(desk.world.olli.user_id)["active"]
    move_clock(3601)
    services.deliver()
    assert not services.shop.record_of(desk.world.olli.user_id)["active"]


def test_sync_reads_every_account_and_corrects_those_that_differ(
    desk: Desk, services: ConnectedServices
) -> None:
    browser, olli = desk.browser("operator"), desk.world.olli
    record = services.shop.record_of(olli.user_id)
    services.shop.users[record["id"]] = {**record, "active": False}
    assert browser.get(f"{SHOP}sync").status_code == 200
    assert not Account.objects.filter(due_at__isnull=False).exists()
    assert browser.post(f"{SHOP}sync")["Location"] == SHOP
    for _ in range(2):
        planner.sweep(at=clock.now())
    services.deliver()
    assert services.shop.record_of(olli.user_id)["active"]
    target = Target.objects.get(application__key="ordering")
    assert (target.sync_cursor, target.synced_at is not None) == (None, True)
    assert Event.objects.filter(verb="target.sync", outcome="done", actor_kind="staff").count() == 1
