"""Staff read the people of a customer and one of them as the customer's admins do, and can change nothing."""

import pytest

from audit.models import Event
from delegation.authorization.models.assignments import Assignment
from identity.organizations.models import Site
from portal.desk.people.people_list import CustomerPeoplePage
from portal.desk.people.person_page import CustomerPersonPage
from tests.fixtures.events import body
from tests.fixtures.pages import count_statements, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/staff/organizations/koskela/people/"
LIST, PERSON = 12, 22
"""Statements of a list without a search, and of a person's page; three of the frame and the customer, six recorded."""


def people_page(desk: Desk, query: str = "", role: str = "support") -> CustomerPeoplePage:
    return page_model(desk.browser(role).get(URL + query), CustomerPeoplePage)


def readings() -> list[tuple[str, str]]:
    """The subject's kind and the page of each reading in the log."""
    events = Event.objects.filter(verb="customer_data.read").order_by("at", "id")
    return [(event.subject_kind, body(event)["facts"]["page"]) for event in events]


def test_list_shows_the_present_people_by_name_with_access_and_is_recorded(desk: Desk) -> None:
    world = desk.world
    page = people_page(desk)
    assert [one.name for one in page.people] == [
        "Aino Virtanen", "Mikko Laine", "Olli Mäkinen", "Päivi Korhonen", "Sami Lehto", "Ulla Nieminen", "Vilma Salo",
    ]  # fmt: skip
    assert (page.summary, page.former, page.pager.next_url) == ("7 people", False, "")
    mikko = page.people[1]
    assert (mikko.tier, mikko.sites, mikko.is_admin) == ("Orderer", "Tampere", False)
    assert mikko.url == f"{URL}{world.mikko.id}/"
    assert readings() == [("organization", "people")]


def test_list_is_searched_and_shows_removed_people_apart(desk: Desk) -> None:
    assert [one.name for one in people_page(desk, "?q=makinen").people] == ["Olli Mäkinen"]
    assert people_page(desk, "?q=makinen&show=removed").people == []
    desk.world.remove(desk.world.olli)
    assert people_page(desk, "?q=makinen").people == []
    page = people_page(desk, "?show=removed")
    assert [(one.name, one.tier) for one in page.people] == [("Olli Mäkinen", "No access")]
    assert (page.summary, page.other_url) == ("1 removed person", URL)
    text = visible_text(desk.browser("support").get(f"{URL}{desk.world.olli.id}/"))
    assert "by Keyholder" not in text
    assert "Removed" in text


def test_list_of_a_site_has_who_is_there_by_its_name_and_keeps_it_in_its_links(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    with bypassing_commands():
        Site.objects.filter(id=world.tampere.id).update(name="Oulu North")
    here = f"?site={world.oulu.id}"
    page = people_page(desk, here)
    assert [one.name for one in page.people] == ["Olli Mäkinen", "Sami Lehto"], "no one of Oulu North"
    assert (page.summary, page.other_url) == ("2 matches", f"{URL}?show=removed")
    assert [(one.label, one.value, one.url) for one in page.active_filters] == [("Site", "Oulu", URL)]
    assert [(one.name, one.value) for one in page.hidden_fields] == [("site", str(world.oulu.id))]
    assert [one.name for one in people_page(desk, f"{here}&q=olli").people] == ["Olli Mäkinen"]
    for unknown in ("x", world.tiina.id, Site.objects.exclude(organization=world.koskela).first().id):  # type: ignore[union-attr]
        assert people_page(desk, f"?site={unknown}").summary == "7 people"
    monkeypatch.setattr("delegation.people.queries.PAGE_SIZE", 1)
    following = people_page(desk, people_page(desk, here).pager.next_url.removeprefix(URL))
    assert [one.name for one in following.people] == ["Sami Lehto"]
    with bypassing_commands():
        Assignment.objects.filter(membership=world.paivi, all_sites=True).update(membership=world.sami)
    assert [one.name for one in people_page(desk, here).people] == ["Olli Mäkinen"], (
        "as the list of sites counts"
    )


def test_person_is_shown_with_rights_and_events_and_is_recorded_about_the_person(desk: Desk) -> None:
    world = desk.world
    browser = desk.browser("support")
    answer = browser.get(f"{URL}{world.mikko.id}/")
    page = page_model(answer, CustomerPersonPage)
    assert (page.name, page.email, page.removed) == ("Mikko Laine", world.mikko.user.email, "")
    assert page.rights
    assert page.events_url == f"/staff/organizations/koskela/activity?person={world.mikko.id}"
    _frame, main = answer.content.split(b"<main", 1)
    assert (b"<form" in main, b"/o/koskela" in main) == (False, False)
    assert readings() == [("membership", "person")]


def test_person_of_another_customer_is_not_found_and_not_recorded(desk: Desk) -> None:
    browser = desk.browser("support")
    for other in (desk.world.tiina.id, "00000000-0000-4000-8000-000000000000"):
        assert browser.get(f"{URL}{other}/").status_code == 404
    assert readings() == []


def test_list_and_person_take_as_many_statements_for_few_as_for_more(desk: Desk) -> None:
    browser, person = desk.browser("support"), f"{URL}{desk.world.mikko.id}/"
    browser.get(URL)
    browser.get(person)
    assert (count_statements(browser, URL), count_statements(browser, person)) == (LIST, PERSON)
    desk.world.member(desk.world.koskela, "Nelli Aalto", "orderer")
    assert (count_statements(browser, URL), count_statements(browser, person)) == (LIST, PERSON)
