"""The page of a person: rights with their reasons, buttons by policy, and systems that are out of date."""

import re

import pytest

from audit.models import Event
from portal.web.home.context import HomePage
from portal.web.people.detail_context import PersonPage
from portal.web.people.list_context import PeoplePage
from provisioning.accounts.models import Account
from tests.fixtures import deliveries, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import (
    KOSKELA,
    count_statements,
    page_messages,
    page_model,
    person_path,
    visible_text,
)
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = 31
"""Of a person's page, whatever it shows."""


def test_person_page_shows_the_reason_of_every_right(world: World) -> None:
    world.change(world.mikko, world.access("orderer", sites=[world.tampere, world.oulu], amount=2000))
    text = visible_text(signed_in.browser(world.paivi).get(person_path(world.mikko)))
    assert "Order in the web shop, up to 2 000 € an order Oulu and Tampere Why?" in text
    assert "Tier Orderer includes this Tiers of Kivisalo, version 1" in text
    number = Event.objects.get(verb="access.change", outcome="done").seq
    assert re.search(
        rf"Aino Virtanen assigned it: Oulu and Tampere, up to 2 000 € an order .* event {number} ", text
    )
    assert "changed Mikko Laine’s access" in text
    assert "Pohjolan" not in text


def test_person_page_names_other_organizations_to_their_admin_only(world: World) -> None:
    aino = signed_in.browser(world.aino)
    assert page_model(aino.get(person_path(world.mikko)), PersonPage).facts.also_works_for == ""
    world.member(world.pohjola, "Aino Virtanen", "organization_admin", user=world.aino.user)
    facts = page_model(signed_in.browser(world.aino).get(person_path(world.mikko)), PersonPage).facts
    assert "Pohjolan Sähkö Oy" in facts.also_works_for


def test_person_page_offers_the_actions_of_the_policy_or_the_reason(world: World) -> None:
    browser = signed_in.browser(world.ulla)
    admin = page_model(browser.get(person_path(world.aino)), PersonPage)
    assert (admin.change, admin.remove) == (None, None)
    assert admin.refused == "This person has more access than you can assign."
    orderer = page_model(browser.get(person_path(world.mikko)), PersonPage)
    assert orderer.remove is not None
    assert (orderer.remove.url, orderer.refused) == (person_path(world.mikko, "remove"), "")
    own = browser.get(person_path(world.ulla))
    sentence = "You cannot change or remove your own access. Ask another admin."
    assert page_model(own, PersonPage).refused == sentence
    assert own.content.decode().count(sentence) == 1
    assert "aria-disabled" not in own.content.decode()


def test_person_page_takes_the_same_statements_for_one_and_three_rights(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert count_statements(browser, person_path(world.vilma)) == STATEMENTS
    assert count_statements(browser, person_path(world.mikko)) == STATEMENTS


@pytest.fixture
def out_of_date(world: World) -> World:
    """Give the world with a CRM in which Olli's account is out of date."""
    deliveries.out_of_date_in_crm(world, world.olli)
    return world


def people_page(browser: BrowserClient, query: str = "") -> PeoplePage:
    return page_model(browser.get(f"{KOSKELA}/people{query}"), PeoplePage)


def test_account_out_of_date_is_counted_in_the_list_and_on_the_home_page(out_of_date: World) -> None:
    browser = signed_in.browser(out_of_date.aino)
    attention = people_page(browser).attention
    assert attention is not None
    assert (attention.text, attention.url) == (
        "1 needs attention",
        f"{KOSKELA}/people?systems=failed&systems=out_of_date",
    )
    assert [person.name for person in people_page(browser, "?systems=failed&systems=out_of_date").people] == [
        "Olli Mäkinen"
    ]
    (task,) = page_model(browser.get(f"{KOSKELA}/"), HomePage).todo
    assert task.text == "1 person’s access is out of date in CRM portal"
    assert task.sub == "Open the person’s page and select “Sync now”."
    Account.objects.filter(user=out_of_date.olli.user).update(state="up_to_date")
    assert people_page(browser).attention is None


def test_account_out_of_date_is_resynced_by_an_admin_only(out_of_date: World) -> None:
    world, url = out_of_date, person_path(out_of_date.olli, "resync")
    browser = signed_in.browser(world.aino)
    retry = page_model(browser.get(person_path(world.olli)), PersonPage).retry
    assert retry is not None
    assert retry.url == url
    assert page_model(browser.get(person_path(world.mikko)), PersonPage).retry is None
    assert signed_in.browser(world.vilma).post(url).status_code == 404
    assert browser.get(url)["Location"] == person_path(world.olli)
    assert page_messages(browser.post(url, follow=True)) == ["Sync started for Olli Mäkinen."]
    assert Event.objects.filter(verb="account.resync", outcome="done").count() == 1
    up_to_date = browser.post(person_path(world.mikko, "resync"), follow=True)
    assert "Sync started for Mikko Laine." not in page_messages(up_to_date)
