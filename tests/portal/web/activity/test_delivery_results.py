"""The log shows delivery results with their act, and sign-in events to the person's organizations."""

import uuid
from typing import Any

import pytest

from audit.foundation import clock
from delegation.activity import delivery_results
from delegation.activity import queries as activity_queries
from delegation.activity.scope import LogScope, log_scope
from delegation.authorization.event_types import Observation
from portal.web.activity.context import ActivityPage
from portal.web.home.context import HomePage
from portal.web.people.detail_context import PersonPage
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, page_model, person_path, plain
from tests.fixtures.world import World, actor_of, move_clock
from tests.portal.web.activity.log_pages import activity_page, record_delivery, record_own_event, sentences

pytestmark = pytest.mark.django_db(transaction=True)


def deliveries(page: ActivityPage) -> dict[str, str]:
    """Give the delivery results of each event that has some."""
    lines = {
        event.text: " ".join(filter(None, [event.deliveries, event.open_deliveries])) for event in page.events
    }
    return {text: plain(line) for text, line in lines.items() if line}


def test_delivery_results_are_shown_below_their_act(world: World) -> None:
    act = world.remove(world.mikko).act
    record_delivery(world, world.mikko, act, application="ordering")
    record_delivery(world, world.mikko, act, seconds="1.240")
    record_delivery(world, world.mikko, act, Observation.LOGOUT_DELIVERED, seconds="0.100")
    browser = signed_in.browser(world.aino)
    line = "Updated: Web shop (0.4 s), CRM portal (1.3 s)"
    page = activity_page(signed_in.browser(world.aino))
    assert deliveries(page) == {"removed Mikko Laine": line}
    assert [text for text in sentences(page) if "access closed" in text or "signed Mikko" in text] == []
    home = page_model(browser.get(f"{KOSKELA}/"), HomePage).events
    person = page_model(browser.get(person_path(world.mikko)), PersonPage).events
    for events in (home, person):
        assert line == plain(events[0].deliveries)
        assert [event.text for event in events if "access closed" in event.text] == []


def test_delivery_results_of_one_act_are_not_shown_below_another(world: World) -> None:
    changed = world.change(world.mikko, world.access("viewer"))
    removed = world.remove(world.mikko)
    assert changed is not None
    record_delivery(world, world.mikko, removed.act)
    record_delivery(world, world.olli, removed.act, application="ordering")
    record_delivery(world, world.mikko, uuid.uuid4(), application="ordering")
    page = activity_page(signed_in.browser(world.aino))
    assert deliveries(page) == {"removed Mikko Laine": "Updated: CRM portal (0.4 s)"}
    assert "Aino Virtanen changed Mikko Laine’s access" in sentences(page)


def test_system_filter_lists_every_delivery(world: World) -> None:
    record_delivery(world, world.mikko, world.remove(world.mikko).act)
    page = activity_page(signed_in.browser(world.aino), "?what=systems")
    assert "CRM portal: Mikko Laine’s access closed" in sentences(page)


def test_late_or_failed_delivery_is_an_event_of_its_own(world: World) -> None:
    act, prompt = world.remove(world.mikko).act, delivery_results.PROMPT_SECONDS
    record_delivery(world, world.mikko, act, Observation.ACCOUNT_SYNC_FAILED, application="ordering")
    page = activity_page(signed_in.browser(world.aino))
    assert deliveries(page) == {"removed Mikko Laine": "Not updated yet: Web shop"}
    failed = "Web shop did not confirm that Mikko Laine’s access is closed"
    assert [text for text in sentences(page) if text.startswith(failed)]
    record_delivery(world, world.mikko, act, application="ordering", seconds=f"{prompt + 0.1}")
    record_delivery(world, world.olli, act, application="ordering", seconds=str(prompt))
    page = activity_page(signed_in.browser(world.aino))
    assert deliveries(page) == {"removed Mikko Laine": "Updated: Web shop (1 min 1 s)"}
    assert "Web shop: Mikko Laine’s access closed" in sentences(page)
    assert [text for text in sentences(page) if text.startswith("Web shop: Olli")] == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_system_with_one_failed_delivery_is_not_shown_as_updated(
    world: World, order: tuple[int, int]
) -> None:
    act = world.remove(world.mikko).act
    halves = [
        (Observation.LOGOUT_FAILED, {"code": "refused", "application": "ordering"}),
        (Observation.ACCOUNT_SYNCED, {"application": "ordering"}),
    ]
    for place in order:
        verb, facts = halves[place]
        record_delivery(world, world.mikko, act, verb, **facts)
    assert deliveries(activity_page(signed_in.browser(world.aino))) == {
        "removed Mikko Laine": "Not updated yet: Web shop"
    }


def test_log_pages_without_deliveries_are_full(world: World) -> None:
    for _ in range(45):
        record_delivery(world, world.vilma, uuid.uuid4())
        world.invite(world.koskela, f"{uuid.uuid4().hex}@koskela.example", world.access("viewer"))
    first = activity_page(signed_in.browser(world.aino))
    assert (len(first.events), first.pager.text) == (50, "50 events on this page")
    answer = signed_in.browser(world.aino).get(first.pager.next_url)
    last = sentences(page_model(answer, ActivityPage))
    assert [text for text in last if text.endswith("set up the organization")]
    assert [text for text in last if text.startswith("CRM portal")] == []


def sign_in_sentences(browser: BrowserClient, query: str) -> list[str]:
    """Give the sentences, without those of the cast's first factors."""
    added = "connected an authenticator app"
    return [text for text in sentences(activity_page(browser, query)) if not text.endswith(added)]


def test_sign_in_events_are_visible_to_organizations_of_that_time_only(world: World) -> None:
    record_own_event(world.mikko, Observation.FACTOR_REMOVED)
    record_own_event(world.stina, Observation.SIGN_IN_FAILED)
    record_own_event(world.mikko, Observation.SIGN_IN_FAILED)  # at which of the two organizations is unknown
    world.remove(world.mikko)
    move_clock(60)
    record_own_event(world.mikko, Observation.PASSWORD_CHANGED)
    here = sign_in_sentences(signed_in.browser(world.aino), "?what=sign_in")
    assert here == ["Mikko Laine removed a sign-in method"]
    at_pohjola = sentences(
        activity_page(signed_in.browser(world.tiina), "?what=sign_in", organization="pohjola")
    )
    assert "Mikko Laine changed the password" in at_pohjola
    assert [text.split()[0] for text in at_pohjola if "failed to sign in" in text] == ["Stina"]
    about_vilma = f"?what=sign_in&person={world.vilma.id}"
    assert sign_in_sentences(signed_in.browser(world.aino), about_vilma) == []
    assert [
        text for text in sentences(activity_page(signed_in.browser(world.aino))) if "sign-in method" in text
    ] == []


def test_log_pages_of_two_sources_hold_every_event_once_in_both_directions(world: World) -> None:
    verbs = [Observation.PASSWORD_CHANGED.value, Observation.ACCOUNT_SYNCED.value]
    for number in range(7):
        if number % 3:
            record_own_event(world.mikko, Observation.PASSWORD_CHANGED)
        else:
            record_delivery(world, world.mikko, uuid.uuid4())
    whole = activity_queries.page(
        scope=_scope(world), filters=activity_queries.EventFilter(verbs=verbs), size=50
    ).events
    assert len(whole) == 7
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)
    older, first = _walk(world, verbs, "before", "older"), whole[-1].id
    assert [event for page in older for event in page] == [one.id for one in whole]
    newer = _walk(world, verbs, "after", "newer", first)
    assert [event for page in reversed(newer) for event in page] == [one.id for one in whole[:-1]]


def _scope(world: World) -> LogScope:
    return log_scope(actor=actor_of(world.aino), organization=world.koskela.id, at=clock.now())


def _walk(
    world: World, verbs: list[str], ask: str, go: str, start: uuid.UUID | None = None
) -> list[list[uuid.UUID]]:
    """The ids of page after page."""
    pages: list[list[uuid.UUID]] = []
    place = start
    while not pages or place is not None:
        at: dict[str, Any] = {ask: place} if place else {}
        page = activity_queries.page(
            scope=_scope(world), filters=activity_queries.EventFilter(verbs=verbs, **at), size=2
        )
        pages.append([one.id for one in page.events])
        place = getattr(page, go)
    return pages


def test_portal_sign_in_of_a_person_in_two_organizations_is_shown_in_neither(world: World) -> None:
    record_own_event(world.mikko, Observation.SIGN_IN_SUCCEEDED)
    assert sign_in_sentences(signed_in.browser(world.aino), "?what=sign_in") == []
