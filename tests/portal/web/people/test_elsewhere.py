"""A search without a match says where else its words are found, with a link to what matches there."""

import pytest

from delegation.people import queries as people_queries
from portal.web.people.list_context import PeoplePage
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, page_model, visible_text
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def people_page(browser: BrowserClient, query: str) -> PeoplePage:
    return page_model(browser.get(f"{KOSKELA}/people?{query}"), PeoplePage)


def texts(browser: BrowserClient, query: str) -> list[str]:
    return [link.text for link in people_page(browser, query).elsewhere]


def test_search_for_a_removed_person_leads_to_the_removed_ones_that_match(world: World) -> None:
    world.remove(world.olli)
    browser = signed_in.browser(world.aino)
    answer = browser.get(f"{KOSKELA}/people?q=olli&tier=viewer&sort=-name")
    (link,) = page_model(answer, PeoplePage).elsewhere
    assert (link.text, link.url) == ("1 removed person matches", f"{KOSKELA}/people?q=olli&who=former")
    assert "1 removed person matches" in visible_text(answer)
    assert [person.name for person in page_model(browser.get(link.url), PeoplePage).people] == [
        "Olli Mäkinen"
    ]


def test_search_for_an_invited_person_leads_to_the_open_invitations(world: World) -> None:
    for name in ("kadri", "kalle", "kari"):
        world.invite(world.koskela, f"{name}@koskela.example", world.access("viewer"))
    browser = signed_in.browser(world.aino)
    (link,) = people_page(browser, "q=ka&seen=never").elsewhere
    assert link.text == "3 pending invitations match"
    assert link.url == f"{KOSKELA}/people?q=ka&pending=all#invited"
    section = page_model(browser.get(link.url.partition("#")[0]), PeoplePage).invitations
    assert (section.is_open, len(section.rows)) == (True, 3)
    assert texts(browser, "q=ka") == ["3 pending invitations match"]
    assert texts(browser, "q=kadri") == []


def test_search_among_removed_people_leads_to_those_who_are_not_removed(world: World) -> None:
    world.remove(world.olli)
    browser = signed_in.browser(world.aino)
    (link,) = people_page(browser, "q=mikko&who=former").elsewhere
    assert (link.text, link.url) == (
        "1 person who is not removed matches",
        f"{KOSKELA}/people?q=mikko",
    )


@pytest.mark.parametrize("query", ["q=zzzz", "tier=approver&seen=30", "q=vilma", "who=former", "q=%25"])
def test_list_leads_nowhere_else_where_nothing_matches_or_a_person_does(world: World, query: str) -> None:
    world.remove(world.olli)
    assert texts(signed_in.browser(world.aino), query) == []


def test_large_organization_offers_to_search_removed_people_without_a_number(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_queries, "COUNT_LIMIT", 3)
    (link,) = people_page(signed_in.browser(world.aino), "q=zzzz").elsewhere
    assert (link.text, link.url) == ("Search removed people", f"{KOSKELA}/people?q=zzzz&who=former")


def test_reader_of_some_sites_learns_of_no_removed_person(world: World) -> None:
    world.remove(world.mikko)
    assert texts(signed_in.browser(world.sami), "q=mikko") == []
