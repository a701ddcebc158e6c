"""Auditors and support read the report; senior support decides only where the customer has no second admin."""

import pytest

from audit.models import Event
from delegation.authorization.models.duties import DutyException
from portal.desk.duties.views import CustomerDutiesPage
from portal.shell.duty_exceptions import DutyExceptionPage
from tests.fixtures import duties
from tests.fixtures.events import body
from tests.fixtures.pages import page_model
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/staff/organizations/koskela/duties/"


def test_auditor_reads_who_holds_both_and_decides_nothing(desk: Desk) -> None:
    world, elina = desk.world, desk.browser("auditor")
    world.change(world.mikko, world.access("approver"))
    row = duties.requested(world.paivi, by=world.aino)
    page = page_model(elina.get(LIST), CustomerDutiesPage)
    rows = page.report.groups[0].rows
    assert [(one.name, one.link, one.link_url) for one in rows] == [("Mikko Laine", "", "")], (
        "staff ask for none"
    )
    assert [one.name for one in page.report.waiting] == ["Päivi Korhonen"]
    shown = page_model(elina.get(f"{LIST}{row.id}/"), DutyExceptionPage)
    assert (shown.part.can_accept, shown.part.close_label) == (False, "")
    assert shown.layout == "base_staff.html"
    assert elina.post(f"{LIST}{row.id}/", {"step": "accept", "idempotency_key": "a"}).status_code == 403
    readings = Event.objects.filter(verb="customer_data.read").order_by("at")
    assert {body(one)["facts"]["page"] for one in readings} == {"duties"}


def test_senior_support_accepts_where_there_is_no_second_admin(desk: Desk) -> None:
    world, browser = desk.world, desk.browser("senior_support")
    with_second, without = (
        duties.requested(world.vilma, by=world.aino),
        duties.requested(world.paivi, by=world.aino),
    )
    hint = "The customer has a second admin, who decides."
    for row, expected in ((with_second, hint), (without, "")):
        page = page_model(browser.get(f"{LIST}{row.id}/"), DutyExceptionPage)
        assert (page.part.hint, page.part.can_accept) == (expected, not expected)
        browser.post(f"{LIST}{row.id}/", {"step": "accept", "idempotency_key": row.id.hex})
    assert {row.id: row.state for row in DutyException.objects.all()} == {
        with_second.id: "open",
        without.id: "accepted",
    }


def test_exception_of_another_customer_is_unknown(desk: Desk) -> None:
    row = duties.requested(desk.world.vilma, by=desk.world.aino)
    browser = desk.browser("senior_support")
    url = f"/staff/organizations/pohjola/duties/{row.id}/"
    assert browser.get(url).status_code == 404
    assert browser.post(url, {"step": "accept", "idempotency_key": "a"}).status_code == 404
