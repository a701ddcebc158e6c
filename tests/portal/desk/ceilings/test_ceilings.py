"""Staff preview and set what a business unit offers a customer; others see it or nothing."""

from decimal import Decimal
from typing import Any

import pytest

from audit.foundation import clock
from audit.models import Event
from delegation.catalogue import ceilings
from portal.desk.ceilings.confirm_context import ConfirmCeilingPage
from portal.desk.ceilings.context import CeilingPage, ChangeCeilingPage
from tests.fixtures.events import body
from tests.fixtures.pages import count_statements, page_messages, page_model, plain
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import APPROVE, OFFER, PLACE

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/staff/organizations/koskela/ceiling/"
CHANGE = f"{LIST}change"
FORM: dict[str, Any] = {
    "offered": [key for key in OFFER if key != APPROVE],
    f"limit_{PLACE}": "1 000",
    f"limit_{APPROVE}": "7",
    "idempotency_key": "k1",
}


def amounts(desk: Desk) -> dict[str, Decimal | None]:
    offer = ceilings.current_offer(organization=desk.world.koskela, at=clock.now())
    return {key: limit.amount for key, limit in offer.items() if key in {PLACE, APPROVE}}


def test_change_is_previewed_with_the_people_above_it_and_set_once(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    page = page_model(browser.post(CHANGE, FORM), ConfirmCeilingPage)
    assert (page.lose, page.gain, page.others, page.nothing) == ("1 person", "0 people", "6 people", False)
    assert [(one.what, plain(one.before), plain(one.after), one.people) for one in page.changes] == [
        ("Order in the web shop", "Up to 20 000 € an order", "Up to 1 000 € an order", "1 loses"),
        ("Approve others’ orders", "Up to 20 000 € an order", "", "0 people"),
    ]
    assert [(one.name, [plain(text) for text in one.has]) for one in page.losing] == [
        ("Mikko Laine", ["order in the web shop, up to 5 000 € an order"])
    ]
    assert amounts(desk) == {PLACE: 20000, APPROVE: 20000}, "a preview sets nothing"
    read = [body(event)["facts"]["page"] for event in Event.objects.filter(verb="customer_data.read")]
    assert "people" in read, "the customer reads that the names of its people were shown"
    sent = {**FORM, "step": "set", "seen": page.digest}
    for _ in range(2):
        assert browser.post(CHANGE, sent)["Location"] == LIST
    assert page_messages(browser.get(LIST)) == [
        "What is offered is changed.",
        "This is what is offered already.",
    ]
    assert amounts(desk) == {PLACE: 1000}
    events = Event.objects.filter(verb="ceiling.set", actor_kind="staff").order_by("seq")
    assert {event.subject_kind for event in events} == {"supplier", "organization"}
    assert len(events) == 2
    form = page_model(browser.post(CHANGE, {**FORM, "step": "change"}), ChangeCeilingPage).form
    assert form[f"limit_{PLACE}"].value() == "1 000"


def test_change_that_differs_from_what_was_seen_shows_the_new_numbers_first(desk: Desk) -> None:
    browser, world = desk.browser("account_manager"), desk.world
    seen = page_model(browser.post(CHANGE, FORM), ConfirmCeilingPage).digest
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=4000))
    for digest in (seen, "", "x"):
        page = page_model(browser.post(CHANGE, {**FORM, "step": "set", "seen": digest}), ConfirmCeilingPage)
        assert (page.lose, len(page.form.errors)) == ("2 people", 1)
    assert amounts(desk) == {PLACE: 20000, APPROVE: 20000}


def test_templates_fill_the_form_and_wrong_limits_are_refused_at_their_fields(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    page = page_model(browser.get(CHANGE), ChangeCeilingPage)
    assert [one.name for one in page.templates] == ["Basic", "Standard", "Key account"]
    assert sorted(page.form["offered"].value()) == sorted(OFFER)
    basic = page_model(browser.get(page.templates[0].url), ChangeCeilingPage)
    assert (basic.form["offered"].value(), plain(basic.form[f"limit_{PLACE}"].value())) == (
        ["ordering:invoices.see", PLACE, "ordering:orders.see"],
        "2 000",
    )
    for limit, unlimited in (("", []), ("much", []), ("-1", []), ("0", []), ("5", [PLACE]), ("9" * 41, [])):
        sent = {**FORM, f"limit_{PLACE}": limit, "unlimited": unlimited, "step": "set"}
        page = page_model(browser.post(CHANGE, sent), ChangeCeilingPage)
        assert list(page.form.errors) == [f"limit_{PLACE}"]
    assert page_model(browser.post(CHANGE, {"offered": ["crm:nothing"]}), ChangeCeilingPage).form.errors
    confirmed = page_model(
        browser.post(CHANGE, {**FORM, f"limit_{PLACE}": "", "unlimited": [PLACE]}), ConfirmCeilingPage
    )
    assert confirmed.changes[0].after == "Without limit"
    assert amounts(desk) == {PLACE: 20000, APPROVE: 20000}


def test_other_roles_and_units_change_nothing(desk: Desk) -> None:
    sent = {**FORM, "step": "set"}
    assert page_model(desk.browser("support").get(LIST), CeilingPage).units[0].change_url == ""
    assert desk.browser("support").post(CHANGE, sent).status_code == 403
    assert desk.browser("account_manager", unit=desk.staff.eesti).post(CHANGE, sent).status_code == 404
    manager = desk.browser("account_manager")
    assert manager.get(f"{CHANGE}?unit=eesti").status_code == 404
    owner = desk.browser("catalogue_owner")
    page = page_model(owner.post(CHANGE, FORM), ConfirmCeilingPage)
    assert (page.lose, page.losing) == ("1 person", []), "a catalogue owner reads no people"
    assert owner.post(CHANGE, {**sent, "seen": page.digest})["Location"] == "/staff/catalogue/"
    assert amounts(desk) == {PLACE: 1000}


def test_pages_take_a_known_number_of_statements(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    browser.get(LIST)
    assert count_statements(browser, LIST) == 8
    assert count_statements(browser, CHANGE) == 10
