"""Every page that is opened from the list of people leads back to the list as it was."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from delegation.people import queries as people_queries
from portal.shell import list_address
from portal.web.access.bulk_context import ChangePeoplePage, LimitSitesPage
from portal.web.access.context import AccessPage
from portal.web.invitations.send import InvitePage
from portal.web.people import export
from portal.web.people.detail_context import PersonPage
from portal.web.people.list_context import PeoplePage
from portal.web.people.pending_invitations import CancelInvitationPage
from portal.web.people.receipt import ReceiptPage
from portal.web.people.removal_context import RemovalPage
from portal.web.people.second_admin import SecondAdminPage
from tests.fixtures import deliveries, oidc_browser, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, orderer_form, page_messages, page_model
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

QUERY = "q=o&tier=orderer&tier=viewer&sort=-name"
LIST = f"{KOSKELA}/people?{QUERY}"
PATTERN = "?list=q%3Do%26tier%3Dviewer%26tier%3Dorderer%26sort%3D-name"


@pytest.fixture
def aino(world: World) -> BrowserClient:
    """Sign in where the search finds two people."""
    world.member(world.koskela, "Otso Aho", "viewer", email="otso@koskela.example")
    return signed_in.browser(world.aino)


def canonical(query: str) -> str:
    """The list names its tiers in the order of the catalogue."""
    return query.replace("tier=orderer&tier=viewer", "tier=viewer&tier=orderer")


HERE = canonical(LIST)


def location(browser: BrowserClient, url: str, form: dict[str, Any]) -> str:
    answer = browser.post(url, form)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return str(answer["Location"])


def list_page(browser: BrowserClient, url: str = LIST) -> PeoplePage:
    return page_model(browser.get(url), PeoplePage)


def test_person_opened_from_a_search_leads_back_to_it(world: World, aino: BrowserClient) -> None:
    row = next(row for row in list_page(aino).people if row.name == "Olli Mäkinen")
    page = page_model(aino.get(row.url), PersonPage)
    assert (page.back_url, page.here_url) == (HERE, row.url)
    assert page.change is not None
    panel = page_model(aino.get(page.change.url), AccessPage)
    assert panel.close_url == row.url
    assert location(aino, panel.access_url, orderer_form(world)) == row.url
    assert page.sign_out_url.endswith(PATTERN)
    assert location(aino, page.sign_out_url, {"idempotency_key": "o1"}) == row.url


def test_removal_and_its_receipt_lead_back_to_the_search(aino: BrowserClient) -> None:
    row = next(row for row in list_page(aino).people if row.name == "Olli Mäkinen")
    assert row.remove is not None
    page = page_model(aino.get(row.remove.url), RemovalPage)
    assert (page.back_url, page.remove_url) == (row.url, row.remove.url)
    receipt_url = location(aino, page.remove_url, {"reason": "left", "idempotency_key": "r1"})
    receipt = page_model(aino.get(receipt_url), ReceiptPage)
    assert (receipt.back_url, receipt.here_url) == (HERE, receipt_url)
    former = page_model(aino.get(row.url), PersonPage).ended
    assert former is not None
    assert former.receipt_url == receipt_url


def test_restore_leads_back_to_the_list_of_removed_people(world: World, aino: BrowserClient) -> None:
    world.remove(world.olli)
    (row,) = list_page(aino, f"{KOSKELA}/people?q=olli&who=former").people
    person_url = location(aino, row.restore_url, orderer_form(world))
    assert page_model(aino.get(person_url), PersonPage).back_url == f"{KOSKELA}/people?q=olli&who=former"


@pytest.mark.parametrize("action", ["access", "sites", "remove"])
def test_bulk_action_leads_back_to_the_list_as_it_was(
    *, world: World, aino: BrowserClient, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setattr(people_queries, "PAGE_SIZE", 1)
    second = list_page(aino, LIST.replace("&sort=-name", "")).pager.next_url
    assert "after=" in second
    page = list_page(aino, second)
    (row,) = page.people
    assert page.bulk is not None
    panel_url = location(aino, page.bulk.url, {"do": action, "m": [row.id], "q": "o"})
    answer = aino.get(panel_url)
    form: dict[str, Any] = {"m": [row.id], "idempotency_key": "b1"}
    if action == "remove":
        removal = page_model(answer, RemovalPage)
        assert removal.back_url == second
        receipt_url = location(aino, removal.remove_url, {**form, "reason": "left"})
        assert page_model(aino.get(receipt_url), ReceiptPage).back_url == second
        return
    panel = page_model(answer, ChangePeoplePage if action == "access" else LimitSitesPage)
    assert panel.close_url == second
    assert [one.name for one in panel.people] == [row.name]
    sites = {"sites": [str(world.oulu.id)]}
    sent = orderer_form(world) | form | sites if action == "access" else form | sites
    assert location(aino, panel.bulk_url, sent) == second


def test_selection_of_everyone_and_one_of_nobody_lead_back(aino: BrowserClient) -> None:
    bulk = list_page(aino).bulk
    assert bulk is not None
    fields: dict[str, Any] = {"q": "o", "tier": ["viewer", "orderer"], "sort": "-name"}
    assert location(aino, bulk.url, {"do": "remove"}) == HERE
    removal_url = location(aino, bulk.url, {**fields, "all": "1", "do": "remove"})
    assert page_model(aino.get(removal_url), RemovalPage).back_url == HERE


def test_invitation_pages_lead_back_to_the_list_as_it_was(world: World, aino: BrowserClient) -> None:
    invitation, _link = world.invite(world.koskela, "oona@koskela.example", world.access("viewer"))
    page = list_page(aino)
    assert page.invite is not None
    assert page_model(aino.get(page.invite.url), InvitePage).close_url == HERE
    form = orderer_form(world, email="uusi@koskela.example")
    assert location(aino, page.invite.url, form) == HERE
    row = next(row for row in page.invitations.rows if row.id == str(invitation.id))
    assert page_model(aino.get(row.cancel_url), CancelInvitationPage).back_url == HERE
    assert location(aino, page.invitations_url, {"do": f"resend:{row.id}", "idempotency_key": "i1"}) == HERE
    assert location(aino, row.cancel_url, {}) == HERE


def test_second_admin_is_chosen_and_leads_back_to_the_list(world: World) -> None:
    tiina = signed_in.browser(world.tiina)
    note = page_model(tiina.get("/o/pohjola/people?sort=-name"), PeoplePage).note
    assert note is not None
    page = page_model(tiina.get(note.url), SecondAdminPage)
    assert page.back_url == "/o/pohjola/people?sort=-name"
    assert [(field.name, field.value) for field in page.hidden_fields] == [("list", "sort=-name")]
    assert page.candidates
    panel = page_model(tiina.get(page.candidates[0].url), AccessPage)
    assert [tier.value for tier in panel.tiers if tier.checked] == ["organization_admin"]
    assert panel.close_url.endswith("?list=sort%3D-name")


def test_file_that_is_too_long_leads_back_to_the_page_of_the_list(
    world: World, aino: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MAX_ROWS", 1)
    here = f"{HERE}&after={world.vilma.id}"
    answer = aino.get(list_page(aino, here).download_url)
    assert answer["Location"] == here


def test_resync_leads_back_to_the_person_with_the_list(world: World, aino: BrowserClient) -> None:
    deliveries.out_of_date_in_crm(world, world.olli)
    row = next(row for row in list_page(aino).people if row.name == "Olli Mäkinen")
    retry = page_model(aino.get(row.url), PersonPage).retry
    assert retry is not None
    assert location(aino, retry.url, {"idempotency_key": retry.idempotency_key}) == row.url


def test_position_without_people_after_it_shows_the_first_page(world: World, aino: BrowserClient) -> None:
    last = list_page(aino, f"{KOSKELA}/people").people[-1]
    page = list_page(aino, f"{KOSKELA}/people?after={last.id}")
    assert len(page.people) == 8
    assert page.list_url == f"{KOSKELA}/people"


@pytest.mark.parametrize(
    "value",
    [
        "//evil.example",
        "https://evil.example/?q=",
        "list=q%3Da",
        "all=1&m=1&do=remove",
        "q=" + "a" * 3000,
        "q=a%00",
        "&".join(f"q={number}" for number in range(2000)),
        "",
    ],
)
def test_address_that_names_no_list_leads_to_the_whole_list(
    world: World, aino: BrowserClient, value: str
) -> None:
    page = page_model(aino.get(f"{KOSKELA}/people/{world.olli.id}", {"list": value}), PersonPage)
    assert page.back_url == f"{KOSKELA}/people"


def test_query_of_the_list_keeps_its_search_filters_and_order() -> None:
    url = f"{KOSKELA}/people?q=a%26who%3Dformer&site=1&site=2&all=1&list=x&after=3&pending=all"
    assert list_address.query_of(url) == "q=a%26who%3Dformer&site=1&site=2&after=3&pending=all"


def test_message_of_an_empty_selection_is_shown_on_the_list_as_it_was(aino: BrowserClient) -> None:
    bulk = list_page(aino).bulk
    assert bulk is not None
    answer = aino.post(bulk.url, {"do": "remove"}, follow=True)
    assert page_messages(answer) == ["No people are selected. Select people first."]
    assert page_model(answer, PeoplePage).list_url == HERE


def test_session_of_a_person_opened_from_a_search_is_the_one_that_is_signed_out(
    world: World, aino: BrowserClient
) -> None:
    oidc_browser.code(signed_in.browser(world.olli))
    row = next(row for row in list_page(aino).people if row.name == "Olli Mäkinen")
    links = re.findall(r'href="([^"]*sign-out[^"]*session=[^"]*)"', aino.get(row.url).content.decode())
    assert links
    for link in links:
        query = parse_qs(urlsplit(link.replace("&amp;", "&")).query)
        assert (query["list"], len(query["session"])) == ([canonical(QUERY)], 1)
