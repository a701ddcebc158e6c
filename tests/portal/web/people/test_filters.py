"""Search and filters of the list combine, count what they would show, and follow the address."""

import re

import pytest

from delegation.people import queries as people_queries
from identity.clients.models import Application
from portal.shell.query_string import FilterMenu
from portal.web.people.list_context import PeoplePage
from provisioning.accounts.models import Account
from provisioning.targets import commands as targets_commands
from tests.fixtures import deliveries, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, count_statements, page_model, plain, visible_text
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

UNFILTERED, WITH_EVERY_FILTER, WITHOUT_MATCH = 26, 34, 33
"""Statements of the list without a filter, with a text and every filter, and where no person matches."""


def people_page(browser: BrowserClient, query: str = "") -> PeoplePage:
    return page_model(browser.get(f"{KOSKELA}/people{query}"), PeoplePage)


def menu(page: PeoplePage, label: str) -> FilterMenu:
    (found,) = [menu for menu in page.filters if menu.label == label]
    return found


def counts(page: PeoplePage, label: str) -> dict[str, str]:
    return {option.label: option.count for option in menu(page, label).options}


def test_menus_count_the_people_of_each_choice(world: World) -> None:
    deliveries.out_of_date_in_crm(world, world.olli)
    browser = signed_in.browser(world.aino)
    page = people_page(browser)
    assert (page.summary, page.found, page.is_filtered) == ("7 people, 2 admins", "", False)
    for one in page.filters:
        for option in one.options:
            shown = page_model(browser.get(option.url), PeoplePage)
            assert (one.label, option.label, option.count) == (
                one.label,
                option.label,
                str(len(shown.people)),
            )
    assert counts(page, "Tier")["Orderer"] == "2"
    assert counts(page, "Systems")["Out of date"] == "1"
    assert counts(page, "Last sign-in") == {"No sign-in recorded": "7"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("systems=failed", {"Olli"}),
        ("systems=out_of_date", {"Mikko"}),
        ("systems=updating", {"Vilma"}),
        ("systems=failed&systems=updating", {"Olli", "Vilma"}),
        ("systems=out_of_date&systems=failed", {"Olli", "Mikko"}),
        (
            "systems=failed&systems=out_of_date&systems=updating&systems=up_to_date",
            {"Olli", "Mikko", "Vilma", "Ulla"},
        ),
    ],
)
def test_list_is_filtered_by_the_worst_state_which_each_row_shows(
    world: World, query: str, expected: set[str]
) -> None:
    deliveries.out_of_date_in_crm(world, world.olli, world.mikko)
    ordering = Application.objects.get(key="ordering")
    targets_commands.register(
        actor=world.system, application=ordering, base_url="http://127.0.0.1:9/shop", token="t"
    )
    Account.objects.exclude(
        user__in=[one.user for one in (world.olli, world.mikko, world.vilma, world.ulla)]
    ).delete()
    for member, key, state in (
        (world.olli, "ordering", "failed"),
        (world.mikko, "ordering", "updating"),
        (world.vilma, "ordering", "updating"),
        (world.vilma, "crm", "up_to_date"),
        (world.ulla, "ordering", "up_to_date"),
        (world.ulla, "crm", "up_to_date"),
    ):
        Account.objects.filter(user=member.user, target__application__key=key).update(state=state)
    page = people_page(signed_in.browser(world.aino), f"?{query}")
    assert {person.name.split()[0] for person in page.people} == expected


def test_several_values_of_a_filter_are_chosen_one_after_the_other(world: World) -> None:
    browser = signed_in.browser(world.aino)
    first = next(option for option in menu(people_page(browser), "Tier").options if option.label == "Viewer")
    page = page_model(browser.get(first.url), PeoplePage)
    assert (menu(page, "Tier").value, plain(page.found)) == ("Viewer", "<b>1</b> of 7 people match.")
    second = next(option for option in menu(page, "Tier").options if option.label == "Orderer")
    page = page_model(browser.get(second.url), PeoplePage)
    assert second.url == f"{KOSKELA}/people?tier=viewer&tier=orderer"
    assert {person.name for person in page.people} == {"Vilma Salo", "Mikko Laine", "Olli Mäkinen"}
    assert (menu(page, "Tier").value, page.summary) == ("Viewer and Orderer", "7 people, 2 admins")
    without = next(option for option in menu(page, "Tier").options if option.label == "Viewer")
    assert (without.current, without.url) == (True, f"{KOSKELA}/people?tier=orderer")
    assert menu(page, "Tier").clear_url == f"{KOSKELA}/people"


def test_text_and_filters_combine_and_stay_in_every_address(world: World) -> None:
    browser = signed_in.browser(world.aino)
    query = f"?q=o&site={world.oulu.id}&tier=orderer&seen=never&sort=-name"
    page = people_page(browser, query)
    assert [person.name for person in page.people] == ["Olli Mäkinen"]
    kept = {(one.name, one.value) for one in page.hidden_fields}
    assert kept == {("site", str(world.oulu.id)), ("tier", "orderer"), ("seen", "never"), ("sort", "-name")}
    assert page.list_url == f"{KOSKELA}/people?q=o&site={world.oulu.id}&tier=orderer&seen=never&sort=-name"
    assert page.download_url == page.list_url.replace("/people?", "/people.csv?")
    assert all("q=o" in column.url for column in page.columns if column.url)
    assert all("q=o" in option.url for one in page.filters for option in one.options)


@pytest.mark.parametrize(
    ("query", "is_said"),
    [
        ("?tier=nonsense", True),
        ("?site=00000000-0000-7000-8000-000000000000", True),
        ("?site=x&seen=x&systems=%F0&who=y", True),
        ("?tier=viewer&tier=nonsense", True),
        ("?tier=&site=", False),
        ("?sort=nonsense&pending=nonsense&all=2&after=x&before=y&unknown=1", False),
    ],
)
def test_unknown_values_of_filters_are_ignored_with_a_sentence(
    *, world: World, query: str, is_said: bool
) -> None:
    page = people_page(signed_in.browser(world.aino), query)
    sentence = "The address of this page has a filter that does not exist any more. It is ignored."
    assert page.ignored == (sentence if is_said else "")
    assert len(page.people) == (1 if "viewer" in query else 7)


def test_site_of_another_organization_is_an_unknown_value(world: World) -> None:
    page = people_page(signed_in.browser(world.aino), f"?site={world.rovaniemi.id}")
    assert page.ignored
    assert len(page.people) == 7


def test_list_above_the_limit_of_counting_shows_no_numbers_in_menus(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_queries, "COUNT_LIMIT", 3)
    page = people_page(signed_in.browser(world.aino))
    assert page.summary == "more than 3 people, 2 admins"
    assert set(counts(page, "Tier").values()) == {""}
    assert len(counts(page, "Tier")) > 3


def test_counts_of_a_site_admin_are_of_the_people_they_may_see(world: World) -> None:
    world.change(world.paivi, world.access("organization_admin", sites=[world.tampere]))
    browser = signed_in.browser(world.sami)
    page = people_page(browser)
    assert {person.name for person in page.people}.isdisjoint({"Mikko Laine", "Päivi Korhonen"})
    assert (page.summary, len(page.people)) == ("5 people, 1 admin", 5)
    assert sum(int(number) for number in counts(page, "Tier").values()) == 5
    assert counts(page, "Site")["Oulu"] == "5"
    assert plain(people_page(browser, "?q=olli").found) == "<b>1</b> of 5 people match."


def test_columns_sort_and_say_how(world: World) -> None:
    browser = signed_in.browser(world.aino)
    columns = {column.name: column for column in people_page(browser).columns}
    assert (columns["name"].order, columns["name"].url) == ("ascending", f"{KOSKELA}/people?sort=-name")
    assert (columns["seen"].order, columns["seen"].url) == ("", f"{KOSKELA}/people?sort=seen")
    turned = {column.name: column for column in people_page(browser, "?sort=seen").columns}
    assert (turned["seen"].order, turned["seen"].url) == ("descending", f"{KOSKELA}/people?sort=-seen")
    assert (turned["name"].order, turned["name"].url) == ("", f"{KOSKELA}/people")
    assert 'aria-sort="descending"' in browser.get(f"{KOSKELA}/people?sort=seen").content.decode()


def test_list_with_any_filter_takes_the_same_statements(world: World) -> None:
    browser = signed_in.browser(world.aino)
    deliveries.out_of_date_in_crm(world, world.vilma, world.olli)
    every = f"?q=o&tier=orderer&site={world.oulu.id}&seen=never&systems=out_of_date"
    nobody = every.replace("orderer", "viewer")
    assert count_statements(browser, f"{KOSKELA}/people") == UNFILTERED
    assert count_statements(browser, f"{KOSKELA}/people{every}") == WITH_EVERY_FILTER
    assert count_statements(browser, f"{KOSKELA}/people{nobody}") == WITHOUT_MATCH
    for number in range(3):
        world.member(world.koskela, f"Ville Aho {number}", "viewer", email=f"v{number}@koskela.example")
        world.invite(world.koskela, f"v{number}@pohjola.example", world.access("viewer"))
    assert count_statements(browser, f"{KOSKELA}/people{every}") == WITH_EVERY_FILTER
    assert count_statements(browser, f"{KOSKELA}/people{nobody}") == WITHOUT_MATCH


def test_list_with_filters_is_one_page_of_text(world: World) -> None:
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/people?tier=viewer&tier=orderer")
    text = visible_text(answer)
    assert "3 of 7 people match. Clear filters Download as CSV" in text
    assert re.search(r"Tier: Viewer and Orderer", text)
    assert re.search(r"Viewer 1\b", text)


def test_search_keeps_people_who_need_attention_in_sight(world: World) -> None:
    deliveries.out_of_date_in_crm(world, world.olli, world.mikko)
    browser = signed_in.browser(world.aino)
    everyone = people_page(browser).attention
    assert everyone is not None
    assert everyone.text == "2 need attention"
    for query in ("?q=vilma", "?q=zzzz", "?tier=viewer", "?who=former", f"?after={world.vilma.id}"):
        assert people_page(browser, query).attention == everyone
    found = page_model(browser.get(everyone.url), PeoplePage)
    assert {person.name for person in found.people} == {"Olli Mäkinen", "Mikko Laine"}


def test_attention_of_a_search_counts_the_people_that_the_reader_may_see(world: World) -> None:
    deliveries.out_of_date_in_crm(world, world.olli, world.mikko)
    attention = people_page(signed_in.browser(world.sami), "?q=zzzz").attention
    assert attention is not None
    assert attention.text == "1 needs attention"


def test_status_with_any_search_stays_a_choice(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert "Status" not in {one.label for one in people_page(browser, "?q=zzzz").filters}
    world.remove(world.olli)
    world.remove(world.mikko)
    shown = {
        query: counts(people_page(browser, query), "Status") for query in ("", "?q=olli", "?q=zzzz", "?q=%25")
    }
    assert shown == {
        "": {"Removed": "2"},
        "?q=olli": {"Removed": "1"},
        "?q=zzzz": {"Removed": "0"},
        "?q=%25": {"Removed": "0"},
    }
