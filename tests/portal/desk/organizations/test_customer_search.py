"""One search finds customers, and people of all customers, as far as the reader's rights cover them."""

import pytest

from audit.models import Event
from delegation.organizations import commands as organizations_commands
from delegation.organizations import customer_search
from delegation.organizations.new_organization import NewOrganization
from portal.desk.organizations.customer_list import CustomersPage
from tests.fixtures.events import body
from tests.fixtures.pages import count_statements, page_model
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/staff/organizations/"
KOSKELA, POHJOLA = "Rakennusliike Koskela Oy", "Pohjolan Sähkö Oy"
CUSTOMERS, CUSTOMERS_AND_PEOPLE, FIRST_AMONG_REPEATS = 4, 7, 12
"""Statements of a search that finds no people, of one that records again that it found some, and of one that records
one customer again and another one for the first time in an hour: at most twelve, two of them of the frame.
"""


def search(desk: Desk, text: str, role: str = "support") -> CustomersPage:
    return page_model(desk.browser(role).get(URL, {"q": text}), CustomersPage)


def names(page: CustomersPage) -> list[str]:
    return [row.name for row in page.rows]


def people(page: CustomersPage) -> list[tuple[str, str]]:
    return [(person.name, person.customer) for person in page.people]


def searched() -> list[Event]:
    events = Event.objects.filter(verb="customer_data.read").order_by("at", "id")
    return [event for event in events if body(event)["facts"] == {"page": "search"}]


@pytest.mark.parametrize(
    "text",
    [
        "harj",
        "Oy harjun kone",
        "10 4",
        "104 233",
        "1234567-8",
        "hrb 7",
        "harju.example",
        "@HARJU.example",
        "a.b@harju.example",
    ],
)
def test_customer_is_found_by_words_of_the_name_number_business_id_and_domain(desk: Desk, text: str) -> None:
    for key, name, register_id in (
        ("harju", "Harjun Kone Oy", "1234567-8"),
        ("harz", "Harjunkone Oy", "HRB 7"),
    ):
        new = NewOrganization(
            key=key,
            name=name,
            register_id=register_id,
            numbers={"kivisalo": "104233" if key == "harju" else "20"},
            mail_domains=["harju.example"] if key == "harju" else [],
        )
        organizations_commands.create_organization(actor=desk.world.system, new=new)
    expected = {"hrb 7": ["Harjunkone Oy"], "harj": ["Harjun Kone Oy", "Harjunkone Oy"]}
    assert names(search(desk, text)) == expected.get(text, ["Harjun Kone Oy"])


def test_customer_is_found_without_marks_and_case(desk: Desk) -> None:
    assert names(search(desk, "sahko pohjolan")) == [POHJOLA]
    assert search(desk, "ahko").rows == []


@pytest.mark.parametrize("text", ["makinen", "Mäkinen olli", "olli@koskela.example", "OLLI@kos"])
def test_person_is_found_by_name_without_marks_and_by_address(desk: Desk, text: str) -> None:
    assert people(search(desk, text)) == [("Olli Mäkinen", KOSKELA)]


def test_person_of_two_customers_is_found_at_both_and_each_log_says_so(desk: Desk) -> None:
    page = search(desk, "mikko laine")
    assert people(page) == [("Mikko Laine", KOSKELA), ("Mikko Laine", POHJOLA)]
    world = desk.world
    assert [(person.url, person.customer_url) for person in page.people] == [
        (f"{URL}koskela/people/{world.mikko.id}/", f"{URL}koskela/"),
        (f"{URL}pohjola/people/{world.mikko_at_pohjola.id}/", f"{URL}pohjola/"),
    ]
    assert {event.chain for event in searched()} == {world.koskela.id, world.pohjola.id}


def test_search_that_shows_no_people_leaves_no_reading(desk: Desk) -> None:
    for text in ("", "pohjolan", "o", "no such person", "%", "@"):
        search(desk, text)
    assert searched() == []


def test_people_and_customers_of_another_unit_are_not_found(desk: Desk) -> None:
    browser = desk.browser("support", unit=desk.staff.eesti)
    for text in ("mikko", "koskela", "K-koskela", "aino@koskela.example"):
        page = page_model(browser.get(URL, {"q": text}), CustomersPage)
        assert (page.rows, page.people) == ([], []), text
    assert names(page_model(browser.get(URL, {"q": "tamm"}), CustomersPage)) == ["Tamm OÜ"]
    assert searched() == []


def test_search_beyond_the_people_that_are_looked_at_asks_for_more_letters(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_search, "_COMMON", 1)
    page = search(desk, "mikko")
    assert (len(page.people), page.more_people) == (2, True)
    monkeypatch.setattr(customer_search, "PEOPLE", 1)
    assert len(search(desk, "mikko").people) == 1


def test_removed_person_is_not_found(desk: Desk) -> None:
    desk.world.remove(desk.world.olli)
    assert search(desk, "makinen").people == []


@pytest.mark.parametrize("role", ["support", "senior_support", "account_manager", "auditor"])
def test_each_role_that_reads_customers_searches_people(desk: Desk, role: str) -> None:
    assert people(search(desk, "olli", role)) == [("Olli Mäkinen", KOSKELA)]


def test_search_takes_as_many_statements_for_one_as_for_several(desk: Desk) -> None:
    browser = desk.browser("support")
    browser.get(URL, {"q": "mikko"})
    counts = [
        count_statements(browser, f"{URL}?q={text}") for text in ("pohjolan", "olli", "mikko", "koskela")
    ]
    assert counts == [CUSTOMERS, CUSTOMERS_AND_PEOPLE, CUSTOMERS_AND_PEOPLE, CUSTOMERS]
    other = desk.browser("auditor")
    other.get(URL, {"q": "olli"})
    assert count_statements(other, f"{URL}?q=mikko") == FIRST_AMONG_REPEATS
