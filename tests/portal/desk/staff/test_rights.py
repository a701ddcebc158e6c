"""Owners give and end staff rights; what the commands refuse stands at the form's fields."""

import datetime as dt
from typing import Any

import pytest

from audit.foundation import clock
from delegation.authorization.models.staff import StaffRight
from identity.clients.models import Client
from portal.desk.staff.context import EndRightPage, GiveRightPage, RightsPage
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import count_statements, page_messages, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.staff_rights import hired
from tests.fixtures.world import bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
RIGHTS, GIVE = "/staff/rights/", "/staff/rights/give"
LIST = 5
"""Statements of the list, whatever it holds."""


def owner(desk: Desk) -> BrowserClient:
    """Otso's browser: he owns everything, without end."""
    return desk.signed_in(desk.staff.otso, "owner")


def give(browser: BrowserClient, receiver: Any, **other: str) -> Any:
    form = {
        "user": str(receiver.pk), "role": "support", "scope": "unit", "unit": "kivisalo", "customer": "",
        "end": "none", "until": "", "reason": "Joined the team", "idempotency_key": "g1",
    }  # fmt: skip
    return browser.post(GIVE, {**form, **other})


def errors(answer: Any) -> dict[str, list[str]]:
    form = page_model(answer, GiveRightPage).form
    return {name: list(map(str, found)) for name, found in form.errors.items()}


def end_url(row: StaffRight) -> str:
    return f"{RIGHTS}{row.id}/end"


def test_right_is_given_once_and_listed_with_its_giver(desk: Desk) -> None:
    browser, sanna = owner(desk), hired("Sanna Heikkilä")
    for _ in range(2):
        assert give(browser, sanna)["Location"] == RIGHTS
    answer = browser.get(RIGHTS)
    assert page_messages(answer)[0] == "Sanna Heikkilä has the right."
    rows = {row.name: row for row in page_model(answer, RightsPage).rows}
    assert rows.keys() == {"Otso Rantanen", "Sanna Heikkilä"}
    row = rows["Sanna Heikkilä"]
    assert (row.role, row.scope, row.end, row.given_by) == (
        "Support",
        "Kivisalo",
        "Without end",
        "Otso Rantanen",
    )
    assert rows["Otso Rantanen"].given_by == ""


@pytest.mark.parametrize(
    ("sent", "scope"),
    [
        ({"scope": "all"}, "Everything"),
        ({"scope": "unit", "unit": "eesti", "customer": "koskela"}, "Kivisalo Eesti"),
        ({"scope": "customer", "unit": "eesti", "customer": "koskela"}, "Rakennusliike Koskela Oy"),
    ],
)
def test_right_is_for_what_was_chosen(desk: Desk, sent: dict[str, str], scope: str) -> None:
    browser = owner(desk)
    give(browser, hired("Sanna Heikkilä"), **sent)
    rows = {row.name: row.scope for row in page_model(browser.get(RIGHTS), RightsPage).rows}
    assert rows["Sanna Heikkilä"] == scope


def test_end_is_the_end_of_the_entered_day_in_utc(desk: Desk) -> None:
    day = (clock.now() + dt.timedelta(days=5)).date()
    sanna = hired("Sanna Heikkilä")
    give(owner(desk), sanna, end="day", until=day.isoformat())
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)
    assert StaffRight.objects.get(user=sanna).valid_until == midnight


@pytest.mark.parametrize(
    ("field", "sent", "sentence"),
    [
        ("user", {"user": ""}, "Choose a staff member."),
        ("role", {"role": "root"}, "This is not one of the choices. Choose again."),
        ("scope", {"scope": ""}, "Choose what the right is for."),
        ("unit", {"unit": ""}, "Choose a business unit."),
        ("customer", {"scope": "customer"}, "Enter the customer’s key."),
        (
            "customer",
            {"scope": "customer", "customer": "nobody"},
            "There is no customer with this key. Check it in the address of the customer’s page.",
        ),
        ("until", {"end": "day", "until": "2020-12-24"}, "The day is in the past. Choose a later one."),
        ("reason", {"reason": " "}, "Enter a reason."),
    ],
)
def test_wrong_value_is_refused_at_its_field(
    desk: Desk, field: str, sent: dict[str, str], sentence: str
) -> None:
    sanna = hired("Sanna Heikkilä")
    assert errors(give(owner(desk), sanna, **sent)) == {field: [sentence]}
    assert not StaffRight.objects.filter(user=sanna).exists()


def test_own_right_a_second_one_and_an_auditor_s_other_role_are_refused(desk: Desk) -> None:
    browser, elina = owner(desk), hired("Elina Hakala")
    own = "You cannot give yourself a right. Nothing was changed. Ask another owner."
    assert errors(give(browser, desk.staff.otso)) == {"user": [own]}
    give(browser, elina, role="auditor", idempotency_key="g2")
    second = "This person has this right already, in a part of this time."
    assert errors(give(browser, elina, role="auditor", idempotency_key="g3")) == {"user": [second]}
    apart = "An auditor cannot have another role. Nothing was changed. End the other right first."
    assert errors(give(browser, elina, idempotency_key="g4")) == {"role": [apart]}


def test_owner_of_a_unit_gives_nothing_beyond_it(desk: Desk) -> None:
    browser, sanna = desk.browser("owner"), hired("Siiri Support")
    beyond = "Your own right does not cover this. Nothing was changed. Ask an owner with a right for it."
    assert errors(give(browser, sanna, scope="all")) == {"scope": [beyond]}
    assert errors(give(browser, sanna, unit="eesti", idempotency_key="g2")) == {"scope": [beyond]}
    hidden = "There is no customer with this key. Check it in the address of the customer’s page."
    foreign = give(browser, sanna, scope="customer", customer="tamm", idempotency_key="g3")
    assert errors(foreign) == {"customer": [hidden]}
    assert give(browser, sanna, scope="customer", customer="koskela", idempotency_key="g4").status_code == 302
    seen = {row.name for row in page_model(browser.get(RIGHTS), RightsPage).rows}
    assert seen == {"Kaarina Saari", "Siiri Support"}


def test_customer_of_another_unit_is_refused_as_an_unknown_one(desk: Desk) -> None:
    browser, sanna = desk.browser("owner"), hired("Siiri Support")
    for sent in ({"reason": ""}, {"role": ""}, {}):
        foreign, unknown = (
            errors(give(browser, sanna, scope="customer", customer=key, **sent)) for key in ("tamm", "nobody")
        )
        assert foreign == unknown
        assert "customer" in foreign


def test_owner_until_an_end_gives_no_longer_right(desk: Desk) -> None:
    kaarina, until = hired("Kaarina Saari"), clock.now() + dt.timedelta(days=3)
    desk.staff.give(kaarina, "owner", until=until)
    answer = give(desk.signed_in(kaarina, "owner"), hired("Sanna Heikkilä"))
    (sentence,) = errors(answer)["end"]
    assert sentence.endswith("You cannot give a right that lasts longer. Nothing was changed.")


def test_blocked_person_is_no_choice(desk: Desk) -> None:
    sanna = hired("Sanna Heikkilä")
    with bypassing_commands():
        sanna.is_active = False
        sanna.save(update_fields=["is_active"])
    invalid = "This is not one of the choices. Choose again."
    assert errors(give(owner(desk), sanna)) == {"user": [invalid]}


def test_right_ends_once_with_a_reason(desk: Desk) -> None:
    sanna = desk.user("support", desk.staff.kivisalo)
    row = StaffRight.objects.get(user=sanna)
    browser, support = owner(desk), desk.browser("support")
    assert support.get("/staff/organizations/").status_code == 200
    with bypassing_commands():
        Client.objects.filter(pk="ordering").update(owner=sanna)
    without = page_model(browser.post(end_url(row), {"reason": ""}), EndRightPage)
    assert list(without.clients) == [Client.objects.get(pk="ordering").protocol.name]
    assert list(without.form.errors) == ["reason"]
    for sentence in ("Sanna Heikkilä no longer has the right.", "That right has already ended."):
        answer = browser.post(end_url(row), {"reason": "Left the team", "idempotency_key": "e1"})
        assert answer["Location"] == RIGHTS
        assert page_messages(browser.get(RIGHTS)) == [sentence]
    assert support.get("/staff/organizations/").status_code == 403


def test_last_owner_is_not_ended_and_the_form_says_so(desk: Desk) -> None:
    row = StaffRight.objects.get(user=desk.staff.otso)
    answer = owner(desk).post(end_url(row), {"reason": "Leaves", "idempotency_key": "e2"})
    sentence = "The last owner cannot be removed. Nothing was changed. Make another person an owner first."
    assert page_model(answer, EndRightPage).form.non_field_errors() == [sentence]
    row.refresh_from_db()
    assert row.valid_until is None


def test_auditor_sees_rights_without_buttons(desk: Desk) -> None:
    page = page_model(desk.browser("auditor").get(RIGHTS), RightsPage)
    assert (page.give_url, {row.end_url for row in page.rows}) == ("", {""})
    row = StaffRight.objects.get(user__name="Elina Hakala")
    answer = desk.browser("auditor").post(end_url(row), {"reason": "No", "idempotency_key": "e3"})
    assert answer.status_code == 403


def test_right_outside_the_own_scope_is_neither_shown_nor_ended(desk: Desk) -> None:
    row = StaffRight.objects.get(user=desk.user("support", desk.staff.eesti))
    answer = desk.browser("owner").post(end_url(row), {"reason": "No", "idempotency_key": "e4"})
    assert answer["Location"] == RIGHTS
    row.refresh_from_db()
    assert row.valid_until is None


def test_list_takes_as_many_statements_for_many_rights(desk: Desk) -> None:
    browser = owner(desk)
    browser.get(RIGHTS)
    assert count_statements(browser, RIGHTS) == LIST
    for role in ("support", "operator", "auditor"):
        desk.user(role, desk.staff.kivisalo)
    assert count_statements(browser, RIGHTS) == LIST
