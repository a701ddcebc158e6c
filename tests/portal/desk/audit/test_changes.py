"""Auditors and the customer's admins read what changed in rights between two days, and who changed it."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from audit.foundation import clock
from delegation.authorization import rights_between
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceilings
from identity.memberships.models import Membership
from portal.desk.audit.changes_page import ChangesPage
from portal.shell.rights_changes import ChangedPerson
from portal.web.activity.rights_page import RightsChangesPage
from tests.fixtures import signed_in
from tests.fixtures.pages import count_statements, page_model, plain
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import PLACE, World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DESK = "/staff/audit/koskela/changes"
OWN = "/o/koskela/activity/changes"
DAY = 86_400
HELSINKI = ZoneInfo("Europe/Helsinki")
"""The zone of the customer, whose days are asked about."""


@pytest.fixture
def changed(world: World) -> str:
    """Three days later Mikko approves, Olli is removed and Vilma has the same again; the address of that day."""
    move_clock(3 * DAY)
    world.change(world.mikko, world.access("approver", sites=[world.tampere], amount=7000))
    world.change(world.vilma, world.access("orderer"))
    world.change(world.vilma, world.access("viewer"))
    world.remove(world.olli)
    today = clock.now().astimezone(HELSINKI).date()
    return f"?from={today - dt.timedelta(days=1)}&until={today}"


def texts(person: ChangedPerson) -> list[tuple[str, str, str]]:
    return [(line.what, plain(line.before), plain(line.after)) for line in person.lines]


def test_changes_of_people_are_named_with_both_sides_and_the_events(desk: Desk, changed: str) -> None:
    browser = desk.browser("auditor")
    page = page_model(browser.get(DESK + changed), ChangesPage)
    assert (page.number, [(one.name, one.summary) for one in page.people]) == (
        "2 people with a change",
        [("Mikko Laine", "2 gained, 1 lost and 1 changed"), ("Olli Mäkinen", "6 lost")],
    )
    mikko, olli = page.people
    assert texts(mikko) == [
        ("Tier Orderer", "Tampere", ""),
        ("Tier Approver", "", "Tampere"),
        ("Order in the web shop", "Up to 5 000 € an order, Tampere", "Up to 7 000 € an order, Tampere"),
        ("Approve others’ orders", "", "Up to 7 000 € an order, Tampere"),
    ]
    assert [event.actor for event in mikko.events] == ["Aino Virtanen"]
    assert [event.actor for event in olli.events][-1:] == ["Aino Virtanen"]
    alone = page_model(browser.get(mikko.url), ChangesPage)
    assert ([one.name for one in alone.people], alone.number) == (["Mikko Laine"], "1 person with a change")
    before = page_model(browser.get(DESK + "?until=2020-01-31"), ChangesPage)
    assert (before.number, before.people) == ("0 people with a change", [])
    for wrong in (
        "?from=soon",
        "?until=31.2.2026",
        "?from=2026-05-02&until=2026-05-01",
        "?from=2999-01-01&until=2999-02-01",
    ):
        page = page_model(browser.get(DESK + wrong), ChangesPage)
        assert (bool(page.from_error or page.until_error), page.number) == (True, "")
    stranger = str(desk.world.tiina.id)
    assert page_model(browser.get(f"{DESK}{changed}&person={stranger}"), ChangesPage).people == []


def test_change_of_the_ceiling_is_a_change_for_all_people(desk: Desk) -> None:
    move_clock(DAY)
    offer = {PLACE: AmountLimit(Decimal(2000))}
    ceilings.set_ceiling(actor=desk.world.system, organization=desk.world.koskela, offer=offer)
    today = clock.now().astimezone(HELSINKI).date()
    page = page_model(desk.browser("support").get(f"{DESK}?from={today}&until={today}"), ChangesPage)
    assert [texts(one) for one in page.people] == [
        [("Order in the web shop", "Up to 5 000 € an order, Tampere", "Up to 2 000 € an order, Tampere")]
    ]
    assert [event.text for event in page.for_all] == ["set what the supplier offers the organization"]


def test_admins_read_their_own_organization_and_site_admins_the_people_of_their_sites(
    world: World, changed: str
) -> None:
    def names(member: Membership) -> list[str]:
        answer = signed_in.browser(member).get(OWN + changed)
        return [one.name for one in page_model(answer, RightsChangesPage).people]

    oona = world.member(world.koskela, "Oona Oulula", "security_admin", sites=[world.oulu])
    assert names(world.aino) == ["Mikko Laine", "Olli Mäkinen", "Oona Oulula"]
    assert "Mikko Laine" not in names(oona)
    assert signed_in.browser(world.mikko).get(OWN + changed).status_code == 403
    assert signed_in.browser(world.tiina).get(OWN + changed).status_code == 404


def test_members_without_a_change_of_their_own_are_compared_only_where_all_may_differ(world: World) -> None:
    since = clock.now()
    world.change(world.mikko, world.access("viewer", sites=[world.tampere]))
    span: dict[str, Any] = {"organization": world.koskela.id, "since": since, "until": clock.now()}
    assert [one.membership for one in rights_between.counts(**span)] == [world.mikko.id]
    assert rights_between.counts(**span, among=[world.olli.id]) == []
    assert rights_between.counts(**{**span, "organization": world.pohjola.id}) == []


def test_page_takes_as_many_statements_for_one_person_as_for_many(desk: Desk, changed: str) -> None:
    browser = desk.browser("auditor")
    browser.get(DESK)
    browser.get(DESK + changed)
    many = count_statements(browser, DESK + changed)
    assert (many, count_statements(browser, f"{DESK}{changed}&person={desk.world.mikko.id}")) == (12, 12)
