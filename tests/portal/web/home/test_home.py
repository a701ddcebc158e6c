"""The home page: services, the switcher of organizations, and what an admin manages."""

import pytest

from delegation.authorization.models.roles import RoleVersion
from portal.shell import attention
from portal.web.home.context import HomePage
from portal.web.my.context import MyAccessPage
from portal.web.people.list_context import PeoplePage
from provisioning.accounts import queries as accounts_queries
from tests.fixtures import deliveries, signed_in
from tests.fixtures.pages import KOSKELA, count_statements, page_model, plain, visible_text
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = 12
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


def test_home_without_managed_members_shows_no_count(world: World) -> None:
    sami = signed_in.browser(world.sami)
    managed = "You manage access for 1 person."
    assert page_model(sami.get(f"{KOSKELA}/"), HomePage).lead == managed
    assert managed in page_model(sami.get(f"{KOSKELA}/me"), MyAccessPage).lead
    world.remove(world.olli)
    assert "You manage access" not in page_model(sami.get(f"{KOSKELA}/"), HomePage).lead
    assert "You manage access" not in page_model(sami.get(f"{KOSKELA}/me"), MyAccessPage).lead


@pytest.fixture
def out_of_date(world: World) -> World:
    """Give the world with a CRM in which Mikko's account, in Tampere, and Olli's, in Oulu, are out of date."""
    deliveries.out_of_date_in_crm(world, world.olli, world.mikko)
    return world


@pytest.mark.parametrize("limit", [1, 1000])
def test_accounts_of_other_sites_do_not_use_up_the_limit_of_a_site_admin(
    out_of_date: World, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(accounts_queries, "LIMIT", limit)
    sami = signed_in.browser(out_of_date.sami)
    (task,) = page_model(sami.get(f"{KOSKELA}/"), HomePage).todo
    assert task.text == "1 person’s access is out of date in CRM portal"
    people = page_model(sami.get(f"{KOSKELA}/people?systems=failed&systems=out_of_date"), PeoplePage)
    assert [person.name for person in people.people] == ["Olli Mäkinen"]
    link = page_model(sami.get(f"{KOSKELA}/people"), PeoplePage).attention
    assert link is not None
    assert link.text == "1 needs attention"


def test_home_page_of_an_inviter_who_sees_no_members_reads_no_accounts(
    out_of_date: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = RoleVersion.objects.get(role__key="site_admin", valid_until=None)
    with bypassing_commands():
        RoleVersion.objects.filter(id=version.id).update(
            verbs=[verb for verb in version.verbs if verb != "member.view"]
        )
    monkeypatch.setattr(attention, "accounts_needing_attention", None)
    page = page_model(signed_in.browser(out_of_date.sami).get(f"{KOSKELA}/"), HomePage)
    assert (page.is_admin, page.todo) == (True, [])
