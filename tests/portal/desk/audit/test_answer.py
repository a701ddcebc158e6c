"""Who could do what at an instant, and why; the customer sees who asked."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.models import Event
from delegation.organizations import customer_search, queries
from delegation.suspensions import commands as suspensions
from identity.organizations.models import Suspension
from portal.desk.audit import context
from portal.desk.audit.context import AnswerPage, AskPage
from portal.desk.audit.person_rights import PersonRightsPage
from tests.fixtures.events import body
from tests.fixtures.pages import count_statements, page_model, plain, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import PLACE, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = "/staff/audit/koskela/"


def today(**other: str) -> dict[str, str]:
    """The question who could place orders now."""
    now = clock.now().astimezone(dt.timezone(dt.timedelta(hours=2)))
    return {"could": PLACE, "day": now.strftime("%Y-%m-%d"), "time": now.strftime("%H:%M"), **other}


def answered(desk: Desk, **other: str) -> AnswerPage:
    return page_model(desk.browser("auditor").get(ANSWER, today(**other)), AnswerPage)


def names(page: AnswerPage) -> list[str]:
    return [row.name for row in page.rows]


@pytest.fixture
def later(desk: Desk) -> Desk:
    """A minute later, because a question names whole minutes; the auditor's right is older too."""
    desk.user("auditor", desk.staff.kivisalo)
    move_clock(60)
    return desk


def test_answer_names_those_who_could_with_limit_and_sites(later: Desk) -> None:
    page = answered(later)
    assert names(page) == ["Mikko Laine", "Olli Mäkinen"]
    assert [plain(row.what) for row in page.rows] == [
        "Orderer, up to 5 000 € an order, Tampere",
        "Orderer, up to 500 € an order, Oulu",
    ]
    assert (page.people, page.of_people) == ("2 people could", "of 7 people that day")


def test_amount_and_site_leave_out_those_below_and_elsewhere(later: Desk) -> None:
    page = answered(later, amount="500", site="tampere")
    assert names(page) == ["Mikko Laine"]
    assert [(one.name, plain(one.sub)) for one in page.close] == [
        ("Olli Mäkinen", "Up to 500 € an order, Oulu")
    ]
    assert plain(page.question).startswith("Who could order in the web shop, over 500 €, for Tampere, on ")
    assert names(answered(later, amount="5000")) == []


def test_chain_names_the_giver_and_the_events_with_their_hashes(later: Desk) -> None:
    row = answered(later).rows[0]
    assert [step.strong for step in row.chain] == ["Tier Orderer", "Kivisalo"]
    proofs = row.chain[1].proofs
    events = [Event.objects.get(id=proof.event) for proof in proofs]
    assert [event.verb for event in events] == ["member.invite", "invitation.accept"]
    assert [(bytes(one.hash).hex(), one.seq, one.chain) for one in events] == [
        (proof.hash, proof.number, proof.chain) for proof in proofs
    ]


def test_person_who_was_removed_could_before_and_the_removal_ended_it(later: Desk) -> None:
    before = today()
    move_clock(120)
    later.world.remove(later.world.mikko)
    page = page_model(later.browser("auditor").get(ANSWER, before), AnswerPage)
    assert names(page) == ["Mikko Laine", "Olli Mäkinen"]
    ended = page.rows[0].chain[-1]
    assert (ended.strong, ended.text) == ("Ended:", "Aino Virtanen removed Mikko Laine")
    assert Event.objects.get(id=ended.proofs[0].event).verb == "member.remove"
    move_clock(180)
    assert names(answered(later)) == ["Olli Mäkinen"]


def test_verb_of_keyholder_names_admins_and_staff(later: Desk) -> None:
    page = answered(later, could="member.invite")
    assert names(page) == ["Aino Virtanen", "Päivi Korhonen", "Sami Lehto", "Ulla Nieminen"]
    assert [row.name for row in answered(later, could="member.invite", site="Tampere").rows] == [
        "Aino Virtanen", "Päivi Korhonen", "Ulla Nieminen"
    ]  # fmt: skip
    assert [one.name for one in answered(later, could="activity.view").staff_lines] == ["Elina Hakala"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"could": "no.such"}, "could"),
        ({"amount": "5,000"}, "amount"),
        ({"site": "Turku"}, "site"),
        ({"day": "1/2/2026"}, "day"),
        ({"day": "2199-01-01"}, "day"),
        ({"time": "25:00"}, "time"),
        ({"could": "member.invite", "amount": "1"}, "amount"),
    ],
)
def test_wrong_question_is_corrected_and_not_answered(later: Desk, wrong: dict[str, str], field: str) -> None:
    page = answered(later, **wrong)
    assert (page.question, set(page.form.errors)) == ("", {field})


def test_question_by_name_leads_to_the_answer_with_the_whole_question(desk: Desk) -> None:
    browser = desk.browser("auditor")
    for customer in ("K-koskela", "Rakennusliike Koskela Oy", "rakennus"):
        answer = browser.get("/staff/audit/", {"customer": customer, **today()})
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, ANSWER)
        assert "could=ordering%3Aorders.place" in answer["Location"]


def test_customer_of_another_unit_is_as_unknown_as_any_text(desk: Desk) -> None:
    browser = desk.browser("auditor", unit=desk.staff.eesti)
    errors = []
    for customer in ("Rakennusliike", "No such customer"):
        page = page_model(browser.get("/staff/audit/", {"customer": customer}), AskPage)
        errors.append((page.error, page.choices))
    assert errors[0] == errors[1]


def test_several_customers_are_offered_with_the_question(desk: Desk) -> None:
    page = page_model(desk.browser("auditor").get("/staff/audit/", {"customer": "K-", **today()}), AskPage)
    assert [one.text for one in page.choices] == ["Pohjolan Sähkö Oy", "Rakennusliike Koskela Oy"]
    assert all("could=" in one.url for one in page.choices)


def test_more_customers_than_are_offered_are_mentioned(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 1)
    answer = desk.browser("auditor").get("/staff/audit/", {"customer": "K-", **today()})
    page = page_model(answer, AskPage)
    assert ([one.text for one in page.choices], page.more_choices) == (["Pohjolan Sähkö Oy"], True)
    assert "More customers match. Enter more of the name." in visible_text(answer)


def test_question_does_not_look_for_people(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(customer_search, "people_matching")
    page = page_model(desk.browser("auditor").get("/staff/audit/", {"customer": "Mikko"}), AskPage)
    assert page.choices == []


def test_staff_member_who_is_blocked_now_had_the_right_before(later: Desk) -> None:
    user = later.user("auditor", later.staff.kivisalo)
    with bypassing_commands():
        user.is_active = False
        user.save(update_fields=["is_active"])
    browser = later.browser("support")
    page = page_model(browser.get(ANSWER, today(could="activity.view")), AnswerPage)
    assert "Elina Hakala" in [one.name for one in page.staff_lines]


@pytest.mark.parametrize("could", [PLACE, "activity.view"])
def test_suspension_stops_who_could_in_its_interval_and_not_before_or_after(later: Desk, could: str) -> None:
    staff, world = later.staff, later.world
    manager = staff.hire("Maarja Kuusk", "account_manager", unit=staff.kivisalo)
    before = today(could=could)
    move_clock(120)
    suspensions.suspend(actor=manager, organization=world.koskela, reason="security", note="Call Aino")
    move_clock(180)
    during = today(could=could)
    expected = answered(later, **before)
    assert (answered(later, **during).people, expected.of_people) == (
        "0 people could",
        "of 7 people that day",
    )
    move_clock(240)
    suspension = Suspension.objects.get().id
    suspensions.resume(actor=manager, organization=world.koskela, suspension=suspension)
    move_clock(300)
    after = answered(later, **today(could=could))
    assert [answered(later, **asked).people for asked in (before, during)] == [
        expected.people,
        "0 people could",
    ]
    assert (names(after), after.of_people) == (names(expected), expected.of_people)
    assert names(expected) != []


def test_answer_and_rights_of_a_person_are_readings(later: Desk) -> None:
    browser = later.browser("auditor")
    row = page_model(browser.get(ANSWER, today()), AnswerPage).rows[0]
    answer = browser.get(row.rights_url)
    page = page_model(answer, PersonRightsPage)
    assert page.name == "Mikko Laine"
    assert [plain(str(right.text)) for right in page.rights][:1]
    assert "hash" in visible_text(answer)
    events = Event.objects.filter(verb="customer_data.read").order_by("at", "id")
    assert [body(event)["facts"]["page"] for event in events] == ["answer", "rights"]


def test_question_without_an_answer_is_a_reading_of_the_organization(later: Desk) -> None:
    browser = later.browser("auditor")
    browser.get(ANSWER)
    browser.get(ANSWER, today(amount="5,000"))
    (event,) = Event.objects.filter(verb="customer_data.read")
    assert body(event)["facts"]["page"] == "organization"


def test_person_of_another_customer_is_not_found(desk: Desk) -> None:
    url = f"{ANSWER}people/{desk.world.tiina.id}/"
    assert desk.browser("auditor").get(url).status_code == 404
    assert desk.browser("auditor").get(f"{ANSWER}people/{desk.world.somewhere}/").status_code == 404
    assert not Event.objects.filter(verb="customer_data.read").exists()


ENTITLEMENT, VERB = 9, 9
"""Statements of an answer, whatever the number of people: twelve at most, where an invitation has a reason."""
OF_REQUEST, OF_MOVED_CLOCK = 4, 1
"""Session, rights and customer, and one that counts the same reading again."""


def statements(desk: Desk, monkeypatch: pytest.MonkeyPatch, **question: str) -> int:
    counted: list[int] = []
    ask = context.answer_page

    def counting(*args: Any) -> AnswerPage:
        with CaptureQueriesContext(connection) as captured:
            page = ask(*args)
        counted.append(len(captured))
        return page

    monkeypatch.setattr(context, "answer_page", counting)
    browser = desk.browser("auditor")
    assert browser.get(ANSWER, question).status_code == 200
    monkeypatch.setattr(context, "answer_page", ask)
    return counted[0]


def test_answer_costs_the_same_for_one_and_several_people(
    later: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = later.world
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=700))
    move_clock(120)
    before = today()
    move_clock(180)
    world.remove(world.mikko)
    world.remove(world.paivi)
    assert statements(later, monkeypatch, **before) == ENTITLEMENT
    assert statements(later, monkeypatch, **before, site="Oulu") == ENTITLEMENT - 3
    assert statements(later, monkeypatch, **{**before, "could": "activity.view"}) == VERB
    browser, url = later.browser("auditor"), f"{ANSWER}?{urlencode(before)}"
    assert count_statements(browser, url) - OF_MOVED_CLOCK == ENTITLEMENT + OF_REQUEST
