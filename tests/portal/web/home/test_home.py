"""The home page: services, the switcher of organizations, and what an admin manages."""

import pytest

from portal.web.home.context import HomePage
from portal.web.my.context import MyAccessPage
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, count_statements, page_model, plain, visible_text
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = 11
"""Of the home page, whatever it shows."""


def test_home_page_shows_the_rights_and_the_admins(world: World) -> None:
    text = visible_text(signed_in.browser(world.mikko).get(f"{KOSKELA}/"))
    assert "You can order in the web shop, up to 5 000 € an order, at Tampere." in text
    assert "Aino Virtanen" in text
    assert "Needs your attention" not in text


def test_home_page_of_a_member_offers_the_own_services(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    page = page_model(browser.get(f"{KOSKELA}/"), HomePage)
    services = {service.url: plain(service.sentence) for service in page.services}
    assert services[f"{KOSKELA}/open/ordering"].startswith("You can order in the web shop, up to 5 000 €")
    assert (page.is_admin, page.todo) == (False, [])
    opened = browser.get(f"{KOSKELA}/open/ordering")
    assert opened.status_code == 302
    assert opened["Location"] == (
        "https://ordering.example.test/initiate?iss=http%3A%2F%2Flocalhost%3A8000"
        f"&login_hint={world.mikko.user_id}&organization=koskela"
    )
    assert browser.get(f"{KOSKELA}/open/nonsense").status_code == 404


def test_home_page_takes_the_same_statements_for_one_and_two_services(world: World) -> None:
    assert count_statements(signed_in.browser(world.vilma), f"{KOSKELA}/") == STATEMENTS
    assert count_statements(signed_in.browser(world.olli), f"{KOSKELA}/") == STATEMENTS


def test_root_leads_to_the_first_organization_and_the_switcher_to_others(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    assert browser.get("/")["Location"] == "/o/pohjola/"
    assert 'href="/o/koskela/"' in browser.get("/o/pohjola/").content.decode()


def test_home_without_managed_members_shows_no_count(world: World) -> None:
    sami = signed_in.browser(world.sami)
    managed = "You manage access for 1 person."
    assert page_model(sami.get(f"{KOSKELA}/"), HomePage).lead == managed
    assert managed in page_model(sami.get(f"{KOSKELA}/me"), MyAccessPage).lead
    world.remove(world.olli)
    assert "You manage access" not in page_model(sami.get(f"{KOSKELA}/"), HomePage).lead
    assert "You manage access" not in page_model(sami.get(f"{KOSKELA}/me"), MyAccessPage).lead
