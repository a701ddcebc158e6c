"""An account manager previews, places and lifts a hold; other staff see holds and change none."""

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from audit.foundation import clock
from delegation.authorization.models.ceilings import Hold
from portal.desk.holds.context import ConfirmHoldPage, HoldsPage, LiftHoldPage, PlaceHoldPage
from portal.web.home.context import HomePage
from portal.web.my.context import MyAccessPage
from portal.wording import hold_notices
from tests.fixtures import holds, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import count_statements, page_messages, page_model, plain, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.staff_rights import acting_as
from tests.fixtures.world import APPROVE, PLACE

pytestmark = pytest.mark.django_db(transaction=True)
HOLDS = "/staff/organizations/koskela/holds/"
PLACE_URL = f"{HOLDS}place"
FORM = {"stops": PLACE, "reason": "overdue", "end": "none", "until": "", "note": "Call Aino first"}
LIST = 8
"""Statements of the list, whatever it holds."""


def preview(browser: BrowserClient, **other: str) -> Any:
    return browser.post(PLACE_URL, {**FORM, "idempotency_key": "k1", **other})


def errors(answer: Any) -> dict[str, list[str]]:
    form = page_model(answer, PlaceHoldPage).form
    return {name: list(map(str, found)) for name, found in form.errors.items()}


def day_after(days: int) -> str:
    return (clock.now() + dt.timedelta(days=days)).date().isoformat()


def placed(desk: Desk, stops: str = PLACE, until: dt.datetime | None = None) -> Hold:
    manager = acting_as(desk.user("account_manager", desk.staff.kivisalo))
    return holds.place(desk.world, manager, stops, until)


def test_preview_says_what_stops_and_goes_on_and_what_people_read(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    page = page_model(preview(browser), ConfirmHoldPage)
    assert page.affected.sentence == "This stops 2 people. It does not affect 5."
    assert page.affected.tiers == "Orderer 2"
    assert [(one.text, one.people) for one in page.affected.lines] == [("order in the web shop", "2 people")]
    assert "see invoices" in page.remaining
    assert "order in the web shop" not in page.remaining
    assert Hold.objects.count() == 0


def test_hold_is_placed_once_and_the_customer_s_pages_quote_the_preview(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    until = day_after(5)
    notice = page_model(preview(browser, end="day", until=until), ConfirmHoldPage).notice
    for _ in range(2):
        answer = preview(browser, end="day", until=until, step="place")
        assert (answer.status_code, answer["Location"]) == (302, HOLDS)
    hold = Hold.objects.get()
    assert hold.valid_until is not None
    local = hold.valid_until.astimezone(ZoneInfo("Europe/Helsinki"))
    assert (local.time(), (local - dt.timedelta(hours=1)).date().isoformat()) == (dt.time(), until)
    mikko, vilma = signed_in.browser(desk.world.mikko), signed_in.browser(desk.world.vilma)
    for browser in (mikko, vilma):
        assert page_model(browser.get("/o/koskela/"), HomePage).holds == [notice]
    own = page_model(mikko.get(reverse("my_access", args=["koskela"])), MyAccessPage)
    assert own.holds == [notice]
    home = visible_text(mikko.get("/o/koskela/"))
    assert plain(f"{notice.strong} {notice.text}") in home
    assert page_model(signed_in.browser(desk.world.mikko_at_pohjola).get("/o/pohjola/"), HomePage).holds == []


def test_notice_of_a_suspicion_names_no_reason(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    for reason in ("insolvency", "misuse"):
        notice = page_model(preview(browser, reason=reason), ConfirmHoldPage).notice
        assert plain(notice.text) == "This hold stops nothing else. Kivisalo helps: 09 000 1234."


def test_reasons_are_those_of_the_model() -> None:
    assert set(hold_notices.REASONS) == set(Hold.Reason.values)


@pytest.mark.parametrize(
    ("field", "sent", "sentence"),
    [
        ("stops", {"stops": ""}, "Choose what stops."),
        ("stops", {"stops": "crm:nothing"}, "This is not one of the choices. Choose again."),
        ("reason", {"reason": ""}, "Choose a reason."),
        ("end", {"end": ""}, "Choose when the hold ends."),
        ("until", {"end": "day", "until": "2020-12-24"}, "The day is in the past. Choose a later one."),
        ("until", {"end": "day", "until": "soon"}, "Enter the day like this: 24 Dec 2026."),
        ("note", {"note": "x" * 301}, "This is too long."),
    ],
)
def test_wrong_value_is_refused_at_its_field(
    desk: Desk, field: str, sent: dict[str, str], sentence: str
) -> None:
    browser = desk.browser("account_manager")
    for step in ("", "place"):
        assert errors(preview(browser, **sent, step=step)) == {field: [sentence]}
    assert Hold.objects.count() == 0


def test_second_hold_on_the_same_is_refused_at_the_field_before_and_after_the_preview(desk: Desk) -> None:
    placed(desk)
    browser = desk.browser("account_manager")
    sentence = "This is on hold already. To change its reason or end, lift that hold first."
    for step in ("", "place"):
        assert errors(preview(browser, step=step, idempotency_key="k2")) == {"stops": [sentence]}
    assert Hold.objects.count() == 1


def test_change_leads_back_to_the_form_with_what_was_entered(desk: Desk) -> None:
    page = page_model(preview(desk.browser("account_manager"), step="change"), PlaceHoldPage)
    assert page.form["note"].value() == "Call Aino first"
    assert [one.value for one in page.reasons if one.checked] == ["overdue"]
    assert page.form.errors == {}


def test_hold_on_an_application_stops_each_entitlement_and_names_what_goes_on(desk: Desk) -> None:
    page = page_model(preview(desk.browser("account_manager"), stops="ordering"), ConfirmHoldPage)
    assert page.what == "Web shop"
    assert len(page.affected.lines) > 1
    assert not {one.text for one in page.affected.lines} & set(page.remaining)


def test_lifting_says_who_can_again_and_lifts_once(desk: Desk) -> None:
    hold = placed(desk)
    browser, url = desk.browser("account_manager"), f"{HOLDS}{hold.id}/lift"
    page = page_model(browser.get(url), LiftHoldPage)
    assert (page.affected.sentence, page.affected.lines[0].people) == ("2 people can again:", "2 people")
    assert browser.post(url, {"note": "Paid", "idempotency_key": "l1"})["Location"] == HOLDS
    assert page_messages(browser.get(HOLDS)) == ["The hold is lifted: order in the web shop."]
    assert browser.post(url, {"note": "Paid", "idempotency_key": "l1"})["Location"] == HOLDS
    assert page_messages(browser.get(HOLDS)) == ["That hold has already ended."]
    found = page_model(browser.get(HOLDS), HoldsPage)
    assert ([row.what for row in found.rows], [row.what for row in found.former]) == (
        [],
        ["Order in the web shop"],
    )
    assert page_model(signed_in.browser(desk.world.mikko).get("/o/koskela/"), HomePage).holds == []


def test_lifting_under_another_hold_gives_nothing_back_and_names_the_other(desk: Desk) -> None:
    hold = placed(desk)
    placed(desk, "ordering")
    page = page_model(desk.browser("account_manager").get(f"{HOLDS}{hold.id}/lift"), LiftHoldPage)
    assert page.affected.sentence == "Nothing yet. Another hold stops the same."
    assert (page.others, page.affected.lines) == (["Web shop"], [])


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_other_staff_see_holds_without_a_button(desk: Desk, role: str) -> None:
    hold = placed(desk)
    browser = desk.browser(role)
    page = page_model(browser.get(HOLDS), HoldsPage)
    assert ([row.placed_by for row in page.rows], page.rows[0].lift_url, page.place_url) == (
        ["Maarja Kuusk"],
        "",
        "",
    )
    assert browser.post(f"{HOLDS}{hold.id}/lift", {"idempotency_key": "l2"}).status_code == 403
    assert preview(browser, stops=APPROVE, step="place").status_code == 403
    assert Hold.objects.get().valid_until is None


def test_account_manager_of_another_unit_finds_no_holds(desk: Desk) -> None:
    hold = placed(desk)
    browser = desk.browser("account_manager", unit=desk.staff.eesti)
    assert preview(browser, stops=APPROVE, step="place").status_code == 404
    assert browser.post(f"{HOLDS}{hold.id}/lift", {"idempotency_key": "l3"}).status_code == 404
    assert Hold.objects.get().valid_until is None


def test_hold_of_another_customer_is_not_lifted_from_this_one_s_page(desk: Desk) -> None:
    hold = placed(desk)
    url = f"/staff/organizations/pohjola/holds/{hold.id}/lift"
    answer = desk.browser("account_manager").post(url, {"idempotency_key": "l4"})
    assert answer["Location"] == "/staff/organizations/pohjola/holds/"
    assert Hold.objects.get().valid_until is None


def test_list_takes_as_many_statements_for_many_holds(desk: Desk) -> None:
    browser = desk.browser("support")
    browser.get(HOLDS)
    assert count_statements(browser, HOLDS) == LIST
    for stops in (PLACE, APPROVE, "crm", "ordering"):
        placed(desk, stops)
    assert count_statements(browser, HOLDS) == LIST


def test_form_names_what_is_on_hold_and_groups_by_service(desk: Desk) -> None:
    placed(desk)
    text = desk.browser("account_manager").get(PLACE_URL).content.decode()
    assert re.findall(r'<optgroup label="([^"]+)"', text) == ["Web shop", "CRM portal"]
    assert "order in the web shop (on hold)" in text
