"""An organization that lost a person goes on seeing the name of that time, whatever the person is called elsewhere."""

import pytest

from delegation.activity import people_in_events
from delegation.people.commands import details, members
from identity.memberships.models import Membership
from portal.web.people.detail_context import PersonPage
from portal.web.people.list_context import PeoplePage
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, page_model, person_path
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

NEW_NAME = "Mikko Uusisukunimi"


def rename(member: Membership, name: str = NEW_NAME) -> None:
    details.change(actor=actor_of(member), person=member.user, name=name, phone="")


@pytest.fixture
def aino(world: World) -> BrowserClient:
    """Remove Mikko from Koskela; then he gets another name at Pohjola."""
    world.remove(world.mikko)
    rename(world.mikko_at_pohjola)
    return signed_in.browser(world.aino)


def listed_names(browser: BrowserClient, query: str, organization: str = KOSKELA) -> list[str]:
    page = page_model(browser.get(f"{organization}/people?{query}"), PeoplePage)
    return [person.name for person in page.people]


def test_former_organization_sees_the_former_name_on_every_page(world: World, aino: BrowserClient) -> None:
    assert listed_names(aino, "who=former") == ["Mikko Laine"]
    person = page_model(aino.get(person_path(world.mikko)), PersonPage)
    assert (person.person.name, person.ended and person.ended.restore_label) == (
        "Mikko Laine",
        "Restore Mikko Laine",
    )
    assert person.ended is not None
    for url in (
        f"{KOSKELA}/",
        f"{KOSKELA}/people?who=former",
        f"{KOSKELA}/people?q=mikko&who=former",
        person_path(world.mikko),
        person_path(world.mikko, "restore"),
        person.ended.receipt_url,
        f"{KOSKELA}/activity",
        f"{KOSKELA}/activity?q=laine",
        f"{KOSKELA}/activity?person={world.mikko.id}",
    ):
        text = aino.get(url).content.decode()
        assert "Uusisukunimi" not in text, url
    assert "Mikko Laine" in aino.get(f"{KOSKELA}/activity?person={world.mikko.id}").content.decode()


def test_present_organization_sees_the_present_name(world: World, aino: BrowserClient) -> None:
    del aino
    tiina = signed_in.browser(world.tiina)
    assert NEW_NAME in listed_names(tiina, "q=uusisukunimi", "/o/pohjola")
    assert listed_names(tiina, "q=laine", "/o/pohjola") == []


def test_search_of_former_people_finds_the_former_name_alone(aino: BrowserClient) -> None:
    assert listed_names(aino, "q=laine&who=former") == ["Mikko Laine"]
    assert listed_names(aino, "q=uusisukunimi&who=former") == []
    page = page_model(aino.get(f"{KOSKELA}/people?q=uusisukunimi"), PeoplePage)
    assert list(page.elsewhere) == []
    (link,) = page_model(aino.get(f"{KOSKELA}/people?q=laine"), PeoplePage).elsewhere
    assert link.text == "1 removed person matches"


def test_search_of_the_log_finds_a_former_person_by_the_former_name_alone(aino: BrowserClient) -> None:
    assert "removed Mikko Laine" in aino.get(f"{KOSKELA}/activity?q=laine").content.decode()
    assert "removed Mikko Laine" not in aino.get(f"{KOSKELA}/activity?q=uusisukunimi").content.decode()


def test_former_people_are_in_the_order_of_the_names_shown(world: World, aino: BrowserClient) -> None:
    world.remove(world.olli)
    assert listed_names(aino, "who=former") == ["Mikko Laine", "Olli Mäkinen"]
    rename(world.mikko_at_pohjola, "Ö Öinen")
    assert listed_names(aino, "who=former") == ["Mikko Laine", "Olli Mäkinen"]


def test_restored_person_has_the_present_name_and_keeps_it_at_the_next_removal(
    world: World, aino: BrowserClient
) -> None:
    access = world.access("viewer")
    members.restore(actor=actor_of(world.aino), memberships=[world.mikko], access=access)
    assert NEW_NAME in listed_names(aino, "q=uusisukunimi")
    assert listed_names(aino, "") == sorted(listed_names(aino, ""), key=str.casefold)
    world.remove(world.mikko)
    assert listed_names(aino, "who=former") == [NEW_NAME]
    rename(world.mikko_at_pohjola, "Mikko Kolmas")
    assert listed_names(aino, "who=former") == [NEW_NAME]


def test_change_of_the_phone_alone_leaves_no_former_name(world: World) -> None:
    world.remove(world.mikko)
    at_pohjola = world.mikko_at_pohjola
    details.change(
        actor=actor_of(at_pohjola), person=at_pohjola.user, name=at_pohjola.user.name, phone="+358401234567"
    )
    assert Membership.objects.get(id=world.mikko.id).former_name == ""


def test_name_that_an_event_does_not_hold_is_the_one_the_organization_sees(
    world: World, aino: BrowserClient
) -> None:
    del aino
    users = [world.mikko.user_id]
    seen = {
        organization.key: people_in_events.shown_names(users=users, organization=organization.id)
        for organization in (world.koskela, world.pohjola)
    }
    assert seen == {"koskela": {users[0]: "Mikko Laine"}, "pohjola": {users[0]: NEW_NAME}}
