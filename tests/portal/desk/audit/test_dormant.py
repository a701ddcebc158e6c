"""Dormant rights: tiers that people have and have not signed in for; counted, and listed by customer."""

import datetime as dt

import psycopg
import pytest

from audit.foundation.errors import TooSlow
from audit.models import Event
from delegation.activity import dormant_rights
from portal import embedded_postgres
from portal.desk.audit.dormant_page import CustomerDormantPage, DormantRightsPage
from tests.fixtures import cluster
from tests.fixtures.events import body
from tests.fixtures.pages import count_statements, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import move_clock

pytestmark = pytest.mark.django_db(transaction=True)
ALL, KOSKELA = "/staff/events/dormant", "/staff/audit/koskela/dormant"
DAYS = 86_400
COUNT, LIST = 11, 7


@pytest.fixture
def later(desk: Desk, database_urls: cluster.Urls) -> Desk:
    """A hundred days later; Mikko signed in 20 days ago, Olli 95 days ago, Tiina is of another customer."""
    world = desk.world
    move_clock(100 * DAYS)
    with psycopg.connect(database_urls[embedded_postgres.OWNER], autocommit=True) as owner:
        for member, days in ((world.mikko, 80), (world.olli, 5)):
            at = member.created_at + dt.timedelta(days=days)
            owner.execute("SELECT identity_note_sign_in(%s, %s)", [member.id, at])
    return desk


def test_tiers_unused_since_are_counted_by_tier_and_customer(later: Desk) -> None:
    browser = later.browser("auditor")
    page = page_model(browser.get(ALL), DormantRightsPage)
    tiers = {one.label: int(one.value) for one in page.tiers}
    customers = {one.label: int(one.value) for one in page.customers}
    assert (sum(tiers.values()), set(customers)) == (
        sum(customers.values()),
        {"Pohjolan Sähkö Oy", "Rakennusliike Koskela Oy"},
    )
    assert [one.label for one in page.choices if one.current] == ["90 days"]
    month = page_model(browser.get(ALL, {"days": "30"}), DormantRightsPage)
    assert {one.label: int(one.value) for one in month.tiers} == tiers, "who signed in 20 days ago uses it"
    assert page_model(browser.get(ALL, {"days": "365"}), DormantRightsPage).tiers == []
    other = page_model(later.browser("auditor", unit=later.staff.eesti).get(ALL), DormantRightsPage)
    assert "Rakennusliike Koskela Oy" not in {one.label for one in other.customers}
    assert not Event.objects.filter(verb="customer_data.read").exists(), "numbers name no person"
    assert count_statements(browser, ALL) == COUNT


def test_list_of_a_customer_begins_with_the_longest_unused_and_is_a_reading(
    later: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, world = later.browser("auditor"), later.world
    page = page_model(browser.get(KOSKELA), CustomerDormantPage)
    seen = {row.name: row.seen for row in page.rows}
    assert "Mikko Laine" not in seen
    assert page.rows[0].seen == "No sign-in recorded"
    assert (page.rows[-1].name, page.rows[-1].tier) == ("Olli Mäkinen", "Orderer")
    (event,) = Event.objects.filter(verb="customer_data.read")
    assert (body(event)["facts"]["page"], event.organization) == ("people", world.koskela.id)
    monkeypatch.setattr(dormant_rights, "PAGE_SIZE", 2)
    listed, url = [], KOSKELA
    while url:
        part = page_model(browser.get(url), CustomerDormantPage)
        listed += [row.name for row in part.rows]
        url = part.pager.next_url
    assert listed == [row.name for row in page.rows]
    monkeypatch.undo()
    assert count_statements(browser, KOSKELA) == LIST


def test_count_that_takes_too_long_says_so(later: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(**_: object) -> None:
        raise TooSlow

    monkeypatch.setattr(dormant_rights, "count", slow)
    page = page_model(later.browser("auditor").get(ALL), DormantRightsPage)
    assert (bool(page.error), page.tiers) == (True, ())
