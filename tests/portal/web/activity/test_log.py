"""The organization's log: order, filters, search, and who may read it."""

import pytest

from identity.people.models import User
from tests.fixtures import person_keys, signed_in
from tests.fixtures.pages import KOSKELA, count_statements, person_path, plain, visible_text
from tests.fixtures.world import World, bypassing_commands
from tests.portal.web.activity.log_pages import activity_page, sentences

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = 14
"""Of the log, whatever it shows."""


def test_activity_page_shows_events_newest_first(world: World) -> None:
    world.change(world.mikko, world.access("viewer"))
    world.remove(world.mikko)
    text = visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/activity"))
    removed, changed = text.index("removed Mikko Laine"), text.index("changed Mikko Laine’s access")
    assert removed < changed < text.index("Mikko Laine joined")
    assert "Orderer, up to 5 000 €, Tampere → Viewer, all sites" in text
    assert "Log verified (" in text


def test_log_of_an_organization_is_verified(world: World) -> None:
    verified = activity_page(signed_in.browser(world.aino)).verified
    assert verified is not None
    assert verified.state == "ok"


def test_log_with_a_filter_holds_the_matching_events_only(world: World) -> None:
    world.remove(world.mikko)
    browser = signed_in.browser(world.aino)
    assert sentences(activity_page(browser, "?what=removals")) == ["Aino Virtanen removed Mikko Laine"]
    by_name = sentences(activity_page(browser, "?q=olli"))
    assert "Olli Mäkinen joined" in by_name
    assert [line for line in by_name if "Vilma" in line] == []
    by_person = sentences(activity_page(browser, f"?person={world.vilma.id}"))
    assert "Vilma Salo joined" in by_person
    assert [line for line in by_person if "Olli" in line] == []
    of_a_stranger = activity_page(browser, f"?person={world.stina.id}")
    assert (of_a_stranger.events, of_a_stranger.sub) == ([], "0 events found")


def test_log_for_a_reader_without_the_right_is_denied(world: World) -> None:
    assert signed_in.browser(world.ulla).get(f"{KOSKELA}/activity").status_code == 403


def test_refused_request_is_in_the_log(world: World) -> None:
    signed_in.browser(world.ulla).post(person_path(world.aino, "remove"), {"reason": "left"})
    page = activity_page(signed_in.browser(world.aino), "?outcome=refused")
    assert sentences(page) == ["Ulla Nieminen tried to remove Aino Virtanen and was refused"]


def test_log_search_finds_invited_people_and_counts_the_events(world: World) -> None:
    for address in ("new.one@koskela.example", "other@koskela.example"):
        world.invite(world.koskela, address, world.access("viewer"), name="Nelli Uusi")
    browser = signed_in.browser(world.aino)
    whole = plain(activity_page(browser).sub)
    assert whole.endswith("changes. System updates and mail are under “Type”.")
    by_address = activity_page(browser, "?q=New.One@koskela")
    assert (by_address.sub, len(by_address.events)) == ("1 event found", 1)
    assert "invited new.one@koskela.example" in sentences(by_address)[0]
    assert activity_page(browser, "?q=nelli").sub == "2 events found"
    elsewhere = activity_page(signed_in.browser(world.tiina), "?q=new.one", "pohjola")
    assert elsewhere.sub == "0 events found"


def test_log_shows_each_name_as_the_event_holds_it(world: World) -> None:
    """Another name beside the log changes nothing; without the person's key, the event has no name."""
    world.remove(world.mikko)
    browser = signed_in.browser(world.aino)
    with bypassing_commands():
        User.objects.filter(id__in=[world.mikko.user_id, world.aino.user_id]).update(name="Tiina Heikkinen")
    assert sentences(activity_page(browser, "?what=removals")) == ["Aino Virtanen removed Mikko Laine"]
    person_keys.destroy(world.mikko.user_id)
    assert sentences(activity_page(browser, "?what=removals")) == ["Aino Virtanen removed Erased person"]


def test_log_takes_the_same_statements_for_few_and_many_events(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert count_statements(browser, f"{KOSKELA}/activity") == STATEMENTS
    world.member(world.koskela, "Venla Aho", "viewer")
    world.member(world.koskela, "Ville Aho", "viewer")
    assert count_statements(browser, f"{KOSKELA}/activity") == STATEMENTS
