"""The list of people: who is in it, filters, pages, and the warning for an only admin."""

import re

import pytest

from delegation.people import queries as people_queries
from portal.web.invitations.send import InvitePage
from portal.web.people.list_context import PeoplePage
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, count_statements, page_messages, page_model, plain, visible_text
from tests.fixtures.signed_in import Answer
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = 28
"""Of the list with one filter, whatever it shows."""
EVERYONE = {"Aino", "Mikko", "Olli", "Päivi", "Sami", "Ulla", "Vilma"}
SEARCHES: dict[str, set[str]] = {
    "q=mikko": {"Mikko"},
    "q=M%C3%84KI": {"Olli"},
    "q=vilma%40kos": {"Vilma"},
    "q=%25": set(),
    "tier=orderer": {"Mikko", "Olli"},
    "tier=nonsense": EVERYONE,
    "who=former": set(),
    "q=v&tier=viewer": {"Vilma"},
    "after=nonsense&before=00000000-0000-7000-8000-000000000000": EVERYONE,
}


def names(answer: Answer) -> list[str]:
    return [person.name for person in page_model(answer, PeoplePage).people]


def first_names(answer: Answer) -> set[str]:
    return {name.split()[0] for name in names(answer)}


def test_people_page_shows_each_person_with_the_access(world: World) -> None:
    text = visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/people"))
    assert "7 people, 2 admins" in text
    assert re.search(r"Mikko Laine mikko\s?@koskela\.example Orderer up to 5 000 € Tampere", text)


def test_list_of_an_admin_holds_everyone_of_the_organization(world: World) -> None:
    page = page_model(signed_in.browser(world.aino).get(f"{KOSKELA}/people"), PeoplePage)
    assert {person.name.split()[0] for person in page.people} == EVERYONE
    (mikko,) = [person for person in page.people if person.name == "Mikko Laine"]
    assert (mikko.email, mikko.tier, mikko.sites, mikko.is_admin) == (
        "mikko@koskela.example",
        "Orderer",
        "Tampere",
        False,
    )
    assert plain(mikko.limit) == "up to 5 000 €"


def test_list_of_a_site_admin_holds_people_of_the_own_sites(world: World) -> None:
    people = first_names(signed_in.browser(world.sami).get(f"{KOSKELA}/people"))
    assert "Olli" in people
    assert "Mikko" not in people


def test_list_for_a_person_without_managed_members_is_denied(world: World) -> None:
    response = signed_in.browser(world.mikko).get(f"{KOSKELA}/people")
    assert response.status_code == 403
    assert "Olli" not in visible_text(response)


def test_list_with_a_search_or_filter_holds_the_matches(world: World) -> None:
    browser = signed_in.browser(world.aino)
    found = {query: first_names(browser.get(f"{KOSKELA}/people?{query}")) for query in SEARCHES}
    assert found == SEARCHES


def test_list_filtered_by_a_foreign_site_is_not_filtered(world: World) -> None:
    browser = signed_in.browser(world.aino)
    at_tampere = first_names(browser.get(f"{KOSKELA}/people?site={world.tampere.id}"))
    assert "Mikko" in at_tampere
    assert "Olli" not in at_tampere
    assert first_names(browser.get(f"{KOSKELA}/people?site={world.rovaniemi.id}")) == EVERYONE


def test_list_pages_hold_everyone_once_and_lead_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_queries, "PAGE_SIZE", 3)
    browser = signed_in.browser(world.aino)
    shown, url, previous_url = [], f"{KOSKELA}/people", ""
    while url:
        answer = browser.get(url)
        shown.append(names(answer))
        pager = page_model(answer, PeoplePage).pager
        url, previous_url = pager.next_url, pager.previous_url
    assert [len(page) for page in shown] == [3, 3, 1]
    assert len({name for page in shown for name in page}) == 7
    assert names(browser.get(previous_url)) == shown[1]


def test_list_takes_the_same_statements_for_one_and_three_people(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert count_statements(browser, f"{KOSKELA}/people?tier=viewer") == STATEMENTS
    world.member(world.koskela, "Venla Aho", "viewer")
    world.member(world.koskela, "Ville Aho", "viewer", sites=[world.oulu])
    assert count_statements(browser, f"{KOSKELA}/people?tier=viewer") == STATEMENTS


def test_list_warns_the_only_admin(world: World) -> None:
    note = page_model(signed_in.browser(world.tiina).get("/o/pohjola/people"), PeoplePage).note
    assert note is not None
    assert note.url == "/o/pohjola/people/second-admin"
    assert page_model(signed_in.browser(world.aino).get(f"{KOSKELA}/people"), PeoplePage).note is None


def test_list_below_the_invitation_panel_keeps_its_filters(world: World) -> None:
    browser = signed_in.browser(world.aino)
    invite = page_model(browser.get(f"{KOSKELA}/people?tier=viewer&q=v&nonsense=1"), PeoplePage).invite
    assert invite is not None
    panel = page_model(browser.get(invite.url), InvitePage)
    assert panel.close_url == f"{KOSKELA}/people?q=v&tier=viewer"
    assert [person.name for person in panel.people] == ["Vilma Salo"]


def test_removal_without_selected_people_leads_back_with_a_message(world: World) -> None:
    answer = signed_in.browser(world.aino).post(f"{KOSKELA}/people/select", {"do": "remove"}, follow=True)
    assert page_messages(answer) == ["No people are selected. Select people first."]


@pytest.mark.parametrize("path", ["people/invitations", "people/select"])
def test_form_address_opened_without_a_form_leads_to_the_list(world: World, path: str) -> None:
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/{path}")
    assert (answer.status_code, answer["Location"]) == (302, f"{KOSKELA}/people")


def test_list_in_finnish_keeps_the_reader_s_time_zone(world: World) -> None:
    browser = BrowserClient().sign_in(world.aino.user)
    browser.post("/language", {"language": "fi", "next": f"{KOSKELA}/people"})
    page = browser.get(f"{KOSKELA}/people")
    assert '<html lang="fi">' in page.content.decode()
    model = page_model(page, PeoplePage)
    assert model.summary.startswith("7 henkilöä")
    assert any(re.match(r"tänään \d{1,2}\.\d\d", plain(person.last_seen)) for person in model.people)
