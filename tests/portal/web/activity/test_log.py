"""The organization's log: order, filters, search, and who may read it."""

import datetime as dt
import hashlib
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from audit.foundation import clock
from audit.models import Event
from delegation.activity import queries as activity_queries
from identity.people.models import User
from tests.fixtures import bypass, forged_events, person_keys, signed_in
from tests.fixtures.pages import KOSKELA, count_statements, person_path, plain, visible_text
from tests.fixtures.world import World, bypassing_commands, move_clock
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


def test_log_of_a_range_of_days_holds_the_events_of_these_days(world: World) -> None:
    """Two days later Mikko is removed; the days are those of Helsinki."""
    move_clock(2 * 24 * 3600)
    world.remove(world.mikko)
    browser, day = signed_in.browser(world.aino), clock.now().astimezone(ZoneInfo("Europe/Helsinki")).date()
    yesterday = day - dt.timedelta(days=1)
    removed = ["Aino Virtanen removed Mikko Laine"]
    since = activity_page(browser, f"?from={yesterday}")
    assert (sentences(since), since.sub, since.typed_from != "") == (removed, "1 event found", True)
    until = activity_page(browser, f"?until={yesterday}")
    assert "Mikko Laine joined" in sentences(until)
    assert removed[0] not in sentences(until)
    assert sentences(activity_page(browser, f"?from={day}&until={day}&q=mikko")) == removed
    assert sentences(activity_page(browser, f"?until={day}&what=removals")) == removed
    assert activity_page(browser, f"?from={yesterday}&until={yesterday}").sub == "0 events found"


def test_day_that_is_wrong_is_named_and_nothing_is_shown(world: World) -> None:
    browser = signed_in.browser(world.aino)
    page = activity_page(browser, "?from=12/10/2026")
    assert (page.events, bool(page.from_error), page.until_error) == ([], True, "")
    first_of_all = activity_page(browser, "?from=0001-01-01&until=9999-12-31")
    assert (first_of_all.events, bool(first_of_all.from_error), bool(first_of_all.until_error)) == (
        [],
        True,
        True,
    )
    page = activity_page(browser, "?from=2026-06-02&until=2026-06-01")
    assert (page.events, page.until_error) == ([], "Choose a last day that is not before the first day.")


def test_filters_and_pages_keep_the_days(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_queries.page, "__kwdefaults__", {"size": 2})
    page = activity_page(signed_in.browser(world.aino), "?from=2020-01-01&q=olli&what=access")
    assert "from=2020-01-01" in page.active_filters[0].url
    assert [one.name for one in page.hidden_fields] == ["what"]
    older = activity_page(signed_in.browser(world.aino), "?from=2020-01-01").pager.next_url
    assert "from=2020-01-01" in older


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


FORGED_BODIES = {
    "no JSON": b"x",
    "no UTF-8": b"\xff",
    "no object": b"[]",
    "no end": b"[" * 100_000,
    "no parts": b'{"actor":{"kind":"person","id":"x"},"subject":{"kind":"user","id":"x"}}',
    "no number": b'{"seconds":"x"}',
    "no such number": b'{"seconds":"1e999"}',
}


def forge(world: World, *, body: bytes, **columns: Any) -> None:
    """Insert an event beside the chain and exchange its body, as the owner can while no trigger runs."""
    koskela = world.koskela.id
    row = forged_events.next_in_chain(
        koskela,
        seq=None,
        prev=None,
        organization=koskela,
        **{"subject_kind": "membership", "subject": world.vilma.id, **columns},
    )
    forged_events.insert(row)
    bypass.update(Event.objects.filter(id=row["id"]), body=body, hash=hashlib.sha256(body).digest())


@pytest.mark.parametrize("name", FORGED_BODIES)
@pytest.mark.parametrize("verb", ["member.invite", "member.remove", "account.synced", "mail.sent", "x"])
def test_forged_event_with_an_unreadable_body_is_named_and_stops_no_page(
    world: World, name: str, verb: str
) -> None:
    world.remove(world.vilma, by=world.aino)
    forge(world, verb=verb, body=FORGED_BODIES[name])
    browser = signed_in.browser(world.aino)
    page = activity_page(browser, "?what=system" if verb in {"account.synced", "mail.sent"} else "")
    for path in (f"{KOSKELA}/", person_path(world.vilma)):
        assert browser.get(path).status_code == 200
    if verb not in {"account.synced", "mail.sent"}:
        assert page.verified is not None
        assert page.verified.state == "failed"
        assert verb in sentences(page)[0]


def test_removed_member_s_page_shows_the_authentic_removal_beside_a_forged_one(world: World) -> None:
    world.remove(world.vilma, by=world.aino)
    act = Event.objects.filter(verb="member.remove").latest("at").act
    forge(world, act=act, verb="member.remove", body=b"x")
    (event,) = activity_queries.of_act(
        organization=world.koskela.id,
        act=act,
        verb="member.remove",
    )
    assert event.is_authentic
    latest = activity_queries.latest(
        organization=world.koskela.id, membership=world.vilma.id, verb="member.remove"
    )
    assert latest == event
