"""Support reads a customer's sites with their numbers and people."""

import pytest

from audit.models import Event
from delegation.authorization.models.assignments import Assignment
from identity.organizations.models import Site
from portal.desk.sites.views import SitesPage
from tests.fixtures.pages import count_statements, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/staff/organizations/koskela/sites/"
STATEMENTS = 7


def list_page(desk: Desk, query: str = "") -> SitesPage:
    return page_model(desk.browser("support").get(URL + query), SitesPage)


def people(page: SitesPage) -> dict[str, str]:
    return {row.name: row.people for row in page.rows}


def test_sites_are_listed_by_name_with_number_and_the_people_who_have_access_there_alone(desk: Desk) -> None:
    world = desk.world
    with bypassing_commands():
        Site.objects.filter(id=world.oulu.id).update(external_id="OUL-7")
    page = list_page(desk)
    assert people(page) == {"Oulu": "2", "Tallinn": "0", "Tampere": "1"}
    assert page.everywhere == "4 people have access at all sites."
    oulu = page.rows[0]
    assert (oulu.number, oulu.url) == ("OUL-7", f"/staff/organizations/koskela/people/?site={world.oulu.id}")
    world.remove(world.olli)
    assert people(list_page(desk)) == {"Oulu": "1", "Tallinn": "0", "Tampere": "1"}
    assert Event.objects.filter(verb="customer_data.read", chain=world.koskela.id).exists()


def test_person_with_all_sites_and_one_by_name_counts_once(desk: Desk) -> None:
    world = desk.world
    before = list_page(desk)
    with bypassing_commands():
        Assignment.objects.filter(membership=world.paivi).update(membership=world.mikko)
    expected = {**people(before), "Tampere": "0"}
    assert (people(list_page(desk)), list_page(desk).everywhere) == (expected, before.everywhere)


def test_search_finds_the_beginning_of_name_and_number_of_this_customer_alone(desk: Desk) -> None:
    with bypassing_commands():
        Site.objects.filter(id=desk.world.oulu.id).update(external_id="OUL-7")
    for text in ("oul", "oul-7", "OULU"):
        assert [row.name for row in list_page(desk, f"?q={text}").rows] == ["Oulu"], text
    assert list_page(desk, "?q=turku").rows == []
    assert list_page(desk, "?q='").rows == []


def test_list_takes_as_many_statements_for_few_as_for_more_and_has_pages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = desk.browser("support")
    browser.get(URL)
    assert count_statements(browser, URL) == STATEMENTS
    monkeypatch.setattr("delegation.organizations.customer_sites.PAGE_SIZE", 1)
    first = list_page(desk)
    second = list_page(desk, first.pager.next_url.removeprefix(URL))
    assert ([*people(first)], [*people(second)]) == (["Oulu"], ["Tallinn"])
    assert list_page(desk, second.pager.previous_url.removeprefix(URL)).rows == first.rows
