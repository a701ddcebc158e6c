"""The search over events, and what each filter finds, for which staff, and what the customers see."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.http import QueryDict

from audit.foundation import clock, db
from audit.models import Event
from delegation.authorization.verbs import Verb
from delegation.people.commands import members
from identity.people.models import User
from identity.staff import saved_searches
from portal.desk.audit import event_search
from portal.desk.audit.events_context import EventsPage
from portal.desk.audit.searches_page import SavedSearchesPage
from portal.wording import attempts
from tests.fixtures import staff_rights
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.events import body
from tests.fixtures.pages import count_statements, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import actor_of

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = "/staff/events/"
STATEMENTS, WITH_TEXT = 15, 18


def search(browser: BrowserClient, **query: str) -> EventsPage:
    return page_model(browser.get(EVENTS, query), EventsPage)


def verbs(browser: BrowserClient, **query: str) -> list[str]:
    return [event.verb for event in search(browser, **query).events]


@pytest.fixture
def removal(desk: Desk) -> Desk:
    """Aino removes Mikko."""
    world = desk.world
    members.remove(actor=actor_of(world.aino), memberships=[world.mikko], reason="left")
    return desk


def whole_supplier(desk: Desk, role: str = "auditor") -> BrowserClient:
    """A browser of a staff member whose right is for everything."""
    user = staff_rights.hired(f"{role} Koskinen")
    desk.staff.give(user, role)
    return desk.signed_in(user, role)


def test_each_filter_finds_the_event_and_nothing_else(removal: Desk) -> None:
    browser = removal.browser("auditor")
    mikko, today = removal.world.mikko, clock.now().astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    one = ["member.remove"]
    for q in (
        "verb:member.remove",
        "verb:member.rem*",
        "verb:member.remove aino",
        "verb:member.remove mikko org:koskela",
        "actor:aino verb:member.remove",
        'actor:"aino virtanen" subject:"mikko laine" verb:member.remove',
        f"subject:{mikko.id} verb:member.remove",
        f"verb:member.remove at:{today.isoformat()}",
        f"verb:member.remove at:{today:%Y-%m}",
        f"verb:member.remove at:2020-01-01..{today.isoformat()}",
    ):
        assert verbs(browser, q=q) == one, q
    for q in (
        "actor:mikko verb:member.remove",
        "org:tamm",
        "nobody-of-that-name",
        "at:2020-01-01",
        "subject:aino verb:member.remove",
    ):
        assert verbs(browser, q=q) == [], q
    assert search(browser, q="verb:member.remove").events[0].customer == "Rakennusliike Koskela Oy"


def test_wrong_filter_is_named_and_nothing_is_searched(removal: Desk) -> None:
    browser = removal.browser("auditor")
    for query, field in (
        ({"q": "verb:nothing"}, "q"),
        ({"q": "at:yesterday"}, "q"),
        ({"q": "verb:a verb:b"}, "q"),
        ({"from": "2026-02-31"}, "from"),
        ({"until": "soon"}, "until"),
        ({"from": "2026-03-01", "until": "2026-02-01"}, "from"),
    ):
        page = search(browser, **query)
        errors = {"q": page.q_error, "from": page.from_error, "until": page.until_error}
        assert ([name for name, text in errors.items() if text], list(page.events)) == ([field], []), query


def test_staff_of_another_unit_find_no_event_of_the_customer(removal: Desk) -> None:
    browser = removal.browser("auditor", unit=removal.staff.eesti)
    for q in (
        "",
        "org:koskela",
        "mikko",
        f"subject:{removal.world.mikko.id}",
        f"org:{removal.world.koskela.id}",
    ):
        assert all(
            event.customer != "Rakennusliike Koskela Oy" for event in search(browser, q=q, show="all").events
        )


def test_only_an_auditor_of_the_whole_supplier_sees_its_own_log(removal: Desk) -> None:
    assert verbs(removal.browser("auditor"), q="verb:staff_right.give") == []
    everything = whole_supplier(removal)
    page = search(everything, q="verb:staff_right.give")
    assert page.events[0].text.endswith("the right: Auditor")
    assert verbs(everything, show="break_glass") == ["owner.appoint"]
    for role in ("support", "senior_support", "account_manager"):
        browser = whole_supplier(removal, role)
        assert verbs(browser, q="verb:member.remove") == ["member.remove"]
        assert verbs(browser, q="verb:staff_right.give") == verbs(browser, show="break_glass") == []


def test_own_log_shows_staff_sign_ins_and_records_who_read_it(removal: Desk) -> None:
    browser = whole_supplier(removal)
    assert "staff.enrolled" in verbs(browser, q="verb:staff", show="all")
    assert (
        search(browser, q="verb:staff.enrolled", show="all")
        .events[0]
        .place.endswith("the staff member’s own log")
    )
    (own,) = Event.objects.filter(verb="supplier_log.read")
    assert (own.organization, own.subject_kind, own.actor_kind) == (None, "supplier", "staff")
    read = search(browser, show="readings").events
    assert "read the supplier’s own log" in [event.text for event in read]
    of_unit = removal.browser("auditor")
    assert verbs(of_unit, q="verb:staff", show="all") == []
    assert Event.objects.filter(verb="supplier_log.read").count() == 1


def test_four_eyes_finds_proposals_and_what_a_second_person_applied(desk: Desk) -> None:
    assert "catalogue.apply" in verbs(whole_supplier(desk), q="verb:catalogue", show="all")
    assert (
        verbs(desk.signed_in(User.all_directories.get(name="auditor Koskinen"), "auditor"), show="four_eyes")
        == []
    )


def test_slow_search_is_stopped_and_says_what_makes_it_shorter(
    removal: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = removal.browser("auditor")
    assert search(browser).events

    def slow(**_: object) -> None:
        db.fetch_one("SELECT pg_sleep(5)")

    monkeypatch.setattr("delegation.activity.supplier_log.LONGEST", dt.timedelta(milliseconds=20))
    monkeypatch.setattr("delegation.activity.meanings.reach_of", slow)
    page = search(browser)
    assert (page.events, page.q_error.endswith("Choose fewer days, or add a filter such as org:.")) == (
        [],
        True,
    )
    answer = browser.get("/staff/events/export", {"format": "csv"})
    assert answer["Location"] == EVENTS


def test_each_type_of_act_has_words_for_a_refusal() -> None:
    acts = [verb for verb in Verb if attempts.of_type(verb) == verb]
    assert acts == []
    assert attempts.of_type(Verb.MEMBER_REMOVE) == "to remove a person"


def test_customer_sees_who_searched_and_staff_find_the_reading(removal: Desk) -> None:
    browser = removal.browser("auditor")
    verbs(browser, q="verb:member.remove")
    (reading,) = Event.objects.filter(verb="customer_data.read")
    assert (reading.organization, body(reading)["facts"]["page"]) == (removal.world.koskela.id, "events")
    assert verbs(browser, show="readings") == ["customer_data.read"]
    assert Event.objects.filter(verb="customer_data.read").count() == 1, "repeats of an hour are counted"


def test_pages_continue_by_key_and_take_the_same_statements(
    removal: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = removal.browser("auditor")
    everything = [event.id for event in search(browser, q="verb:member").events]
    monkeypatch.setattr("delegation.activity.supplier_log.PAGE_SIZE", 3)
    first = search(browser, q="verb:member")
    listed = [event.id for event in first.events]
    following = first.pager.next_url
    while following:
        page = page_model(browser.get(following), EventsPage)
        listed += [event.id for event in page.events]
        following = page.pager.next_url
    assert listed == everything
    monkeypatch.undo()
    assert count_statements(browser, f"{EVENTS}?show=all") == STATEMENTS  # two of them record the readings
    members.remove(
        actor=actor_of(removal.world.aino),
        memberships=[removal.world.vilma, removal.world.olli],
        reason="left",
    )
    assert count_statements(browser, f"{EVENTS}?show=all") == STATEMENTS
    assert count_statements(browser, f"{EVENTS}?show=all&q=koskela") == WITH_TEXT


def test_search_is_saved_under_a_name_by_its_reader_alone_and_deleted(desk: Desk) -> None:
    browser, saved = desk.browser("auditor"), "/staff/events/saved"
    query = {"q": "org:koskela verb:member", "show": "refusals"}
    page = search(browser, **query)
    assert page.saved == []
    answer = browser.post(saved, {**query, "name": "Koskela", "before": "x"})
    assert answer["Location"] == f"{EVENTS}?q=org%3Akoskela+verb%3Amember&show=refusals"
    browser.post(saved, {"q": "actor:aino", "name": "Koskela"})
    assert [(one.text, one.url) for one in search(browser).saved] == [("Koskela", f"{EVENTS}?q=actor%3Aaino")]
    other = desk.browser("support")
    assert page_model(other.get(saved), SavedSearchesPage).rows == []
    (row,) = page_model(browser.get(saved), SavedSearchesPage).rows
    assert (row.name, row.search) == ("Koskela", "Changes and refusals · actor:aino · the last 30 days")
    other.post(saved, {"delete": row.id})
    assert len(search(browser).saved) == 1, "a search of another reader is not deleted"
    for name in ("", "x" * 61, "\x07"):
        assert page_model(browser.post(saved, {"name": name}), SavedSearchesPage).form.errors
    for number in range(saved_searches.MOST - 1):
        browser.post(saved, {"name": f"n{number}"})
    assert page_model(browser.post(saved, {"name": "one more"}), SavedSearchesPage).form.errors
    assert browser.post(saved, {"name": "n1", "q": "mikko"}).status_code == 302
    for _ in range(2):
        assert browser.post(saved, {"delete": row.id})["Location"] == saved
    assert len(search(browser).saved) == saved_searches.MOST - 1


def test_tokens_with_quotes_and_unknown_names_are_read() -> None:
    now = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    asked = event_search.parse(
        QueryDict(mutable=False, query_string='q=actor%3A"Aino V" https://x subject:mikko last'),
        now=now,
        zone=ZoneInfo("Europe/Helsinki"),
    )
    assert (asked.search.actor, asked.search.text, asked.search.subject) == (
        "Aino V",
        "https://x last",
        "mikko",
    )
    assert (asked.search.since, asked.search.until) == (
        dt.datetime(2026, 10, 25, 22, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 24, 22, tzinfo=dt.UTC),
    )
