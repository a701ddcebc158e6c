"""What staff read of a customer stands in the customer's log, once an hour, with the name of who read it."""

import datetime as dt
import uuid

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.log import refusals
from audit.models import Event, Refusal
from delegation.acts import locks
from delegation.staff import readings
from delegation.staff.readings import Reading
from portal import embedded_postgres
from portal.web.activity.context import ActivityPage
from tests.fixtures import cluster, signed_in
from tests.fixtures.events import body
from tests.fixtures.pages import page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.staff_rights import acting_as
from tests.fixtures.world import World, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


FIRST, REPEATED = 7, 3
"""Statements of readings without an instant, savepoints and transactions included."""
HOUR = 3600.0


def statements(actor: Actor, organizations: list[uuid.UUID]) -> int:
    with CaptureQueriesContext(connection) as captured:
        readings.record(actor=actor, what=Reading.SEARCH, organizations=organizations)
    return len(captured)


def recorded() -> list[Event]:
    return list(Event.objects.filter(verb="customer_data.read").order_by("at", "id"))


def test_page_of_a_customer_leaves_one_event_an_hour_in_the_customers_log(desk: Desk) -> None:
    browser = desk.browser("support")
    for _ in range(3):
        assert browser.get("/staff/organizations/koskela/").status_code == 200
    (event,) = recorded()
    assert event.organization == event.chain == event.subject == desk.world.koskela.id
    assert body(event)["facts"] == {"page": "organization"}
    assert Refusal.objects.get(verb=event.verb).count == 3


def test_refused_page_leaves_no_reading(desk: Desk) -> None:
    for role, unit in (("operator", desk.staff.kivisalo), ("support", desk.staff.eesti)):
        desk.browser(role, unit=unit).get("/staff/organizations/koskela/")
    assert recorded() == []


def test_admin_reads_who_of_the_supplier_viewed_what(desk: Desk) -> None:
    desk.browser("support").get("/staff/organizations/koskela/")
    aino = signed_in.browser(desk.world.aino)
    page = page_model(aino.get(reverse("activity", args=["koskela"]), {"what": "staff"}), ActivityPage)
    assert [(row.actor, row.text) for row in page.events] == [
        ("Sanna Heikkilä of Kivisalo", "viewed the organization")
    ]


def test_repeats_of_an_hour_follow_as_one_event_about_the_same_customer(desk: Desk) -> None:
    actor, koskela = acting_as(desk.user("support", desk.staff.kivisalo)), desk.world.koskela.id
    for _ in range(3):
        readings.record(actor=actor, what=Reading.PEOPLE, organizations=[koskela])
    move_clock(HOUR)
    assert refusals.flush_repeats() == 1
    _first, repeats = recorded()
    facts = body(repeats)["facts"]
    assert (facts["page"], facts["repeats"]) == ("people", 2)
    assert repeats.chain == repeats.organization == repeats.subject == koskela
    assert repeats.subject_kind == "organization"


def test_counter_of_readings_that_sql_moved_gives_no_event(desk: Desk) -> None:
    actor = acting_as(desk.user("support", desk.staff.kivisalo))
    for _ in range(3):
        readings.record(actor=actor, what=Reading.PEOPLE, organizations=[desk.world.koskela.id])
    with bypassing_commands():
        Refusal.objects.update(minute=clock.now() - dt.timedelta(hours=1))
    # The time is under the counter's MAC: a counter that SQL moved is no counter.
    assert refusals.flush_repeats() == 1
    assert [body(event)["facts"] for event in recorded()] == [{"page": "people"}]


def test_page_of_a_reading_that_waits_for_a_held_counter_gives_up(
    desk: Desk, database_urls: cluster.Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = desk.browser("support")
    assert browser.get("/staff/organizations/koskela/").status_code == 200
    monkeypatch.setattr(locks, "PEOPLE", dt.timedelta(milliseconds=50))
    with psycopg.connect(database_urls[embedded_postgres.APP]) as holder:
        # without the bound the page would wait on
        holder.execute("SET idle_in_transaction_session_timeout = '10s'")
        holder.execute("SELECT FROM audit_refusal FOR UPDATE")
        assert browser.get("/staff/organizations/koskela/").status_code == 503
    assert Refusal.objects.get(verb="customer_data.read").count == 1


def test_reading_of_many_customers_costs_as_much_as_of_one(desk: Desk, world: World) -> None:
    actor = acting_as(desk.user("support", desk.staff.kivisalo))
    customers = [world.koskela.id, world.pohjola.id, desk.staff.tamm.id]
    counts = [statements(actor, customers), statements(actor, customers)]
    assert sorted(event.chain for event in recorded()) == sorted(customers)
    assert {row.count for row in Refusal.objects.all()} == {2}
    assert counts == [FIRST, REPEATED]
    assert statements(actor, customers[:1]) == REPEATED


def test_counter_that_sql_wrote_in_advance_hides_no_reading(desk: Desk, world: World) -> None:
    actor = acting_as(desk.user("support", desk.staff.kivisalo))
    readings.record(actor=actor, what=Reading.PEOPLE, organizations=[world.koskela.id])
    Refusal.objects.update(mac=b"0" * 40)
    readings.record(actor=actor, what=Reading.PEOPLE, organizations=[world.koskela.id, world.pohjola.id])
    assert [event.chain for event in recorded()].count(world.koskela.id) == 2
    assert [event.chain for event in recorded()].count(world.pohjola.id) == 1


def test_reading_of_a_person_is_about_the_member(desk: Desk, world: World) -> None:
    actor = acting_as(desk.user("support", desk.staff.kivisalo))
    readings.record(
        actor=actor, what=Reading.PERSON, organizations=[world.koskela.id], membership=world.mikko.id
    )
    (event,) = recorded()
    assert (event.subject_kind, event.subject) == ("membership", world.mikko.id)
