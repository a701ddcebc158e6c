"""An account manager suspends a customer from a page that shows the effect first, and resumes it."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from audit.foundation import clock
from identity.organizations.models import CustomerNumber, Organization, Suspension
from portal.desk.organizations.context import CustomerPage
from portal.desk.organizations.customer_list import CustomersPage
from portal.desk.suspensions.context import ResumePage, SuspendPage
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import count_statements, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMER = "/staff/organizations/koskela/"
SUSPEND, RESUME = f"{CUSTOMER}suspend", f"{CUSTOMER}resume"
FORM = {"reason": "security", "end": "none", "until": "", "note": "Call Aino", "idempotency_key": "k1"}


def status() -> str:
    return Organization.objects.get(key="koskela").status


def actions(browser: BrowserClient) -> list[str]:
    page = page_model(browser.get(CUSTOMER), CustomerPage)
    return [action.url for action in page.actions if action.url in {SUSPEND, RESUME}]


def test_customer_is_suspended_once_and_resumed_and_its_page_says_so(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    page = page_model(browser.get(SUSPEND), SuspendPage)
    assert (page.ends[0], count_statements(browser, SUSPEND)) == (
        "7 people can no longer sign in for this customer",
        7,
    )
    assert actions(browser) == [SUSPEND]
    assert browser.post(SUSPEND, {}).status_code == 200
    assert page_model(
        browser.post(SUSPEND, {**FORM, "end": "day", "until": "2.10.2020"}), SuspendPage
    ).form.errors
    assert (status(), Suspension.objects.count()) == ("active", 0)

    for _ in range(2):
        answer = browser.post(SUSPEND, FORM)
        assert (answer.status_code, answer["Location"], status()) == (302, CUSTOMER, "suspended")
    browser.get(CUSTOMER)
    again = browser.post(SUSPEND, {**FORM, "idempotency_key": "k2"}, follow=True)
    assert "is suspended already" in visible_text(again)
    found = page_model(browser.get(CUSTOMER), CustomerPage)
    assert found.suspended.endswith("Suspected break-in · Without end · Maarja Kuusk")
    assert (found.counts[0], actions(browser)) == ("7 people", [RESUME])
    assert "Suspended" in visible_text(browser.get("/staff/organizations/"))
    listed = page_model(browser.get("/staff/organizations/"), CustomersPage)
    assert {row.name: row.is_suspended for row in listed.rows}["Rakennusliike Koskela Oy"]
    assert browser.get(f"{CUSTOMER}people/{desk.world.vilma.id}/").status_code == 200

    shown = page_model(browser.get(RESUME), ResumePage)
    assert shown.reason == "Suspected break-in"
    form = {"suspension": shown.suspension, "note": "", "idempotency_key": "k3"}
    assert (browser.post(RESUME, {"idempotency_key": "k4"}).status_code, status()) == (200, "suspended")
    for _ in range(2):
        answer = browser.post(RESUME, form)
        assert (answer["Location"], status()) == (CUSTOMER, "active")
    browser.post(SUSPEND, {**FORM, "reason": "misuse", "idempotency_key": "k5"})
    late = browser.post(RESUME, {**form, "idempotency_key": "k6"})
    assert ("was suspended again" in visible_text(late), status()) == (True, "suspended")
    newer = page_model(late, ResumePage).suspension
    assert newer != shown.suspension
    browser.post(RESUME, {"suspension": newer, "idempotency_key": "k7"})
    mails = [mail for mail in Mail.objects.order_by("id") if mail.purpose == "suspension"]
    to_aino = [one for one in mails if queued_mails.recipient_of(one) == desk.world.aino.user.email]
    texts = [queued_mails.text_of(one) for one in to_aino]
    assert ["has resumed" in text for text in texts] == [False, True, False, True], "one mail for each act"
    assert "cannot sign in" in texts[0]
    assert "break-in" not in texts[0], "this reason is the supplier's"
    assert browser.get(RESUME)["Location"] == CUSTOMER
    assert page_model(browser.get(CUSTOMER), CustomerPage).suspended == ""


def test_staff_of_one_of_two_units_are_offered_neither_the_suspension_nor_its_end(desk: Desk) -> None:
    with bypassing_commands():
        CustomerNumber.objects.create(organization=desk.world.koskela, unit=desk.staff.eesti, number="E-77")
    browser = desk.browser("account_manager")
    assert (actions(browser), browser.get(SUSPEND).status_code) == ([], 403)
    call_command("customer", "suspend", "koskela", "--reason", "overdue")
    assert (actions(browser), browser.get(RESUME).status_code) == ([], 403)


def test_people_of_a_suspended_customer_read_why_they_cannot_sign_in(desk: Desk) -> None:
    world = desk.world
    open_page = BrowserClient().sign_in(world.vilma.user)
    mikko = signed_in.browser(world.mikko)
    desk.browser("account_manager").post(SUSPEND, FORM)

    assert not open_page.is_signed_in
    assert "is suspended since" in visible_text(open_page.get(reverse("account_login")))
    refused = BrowserClient()
    answer = refused.password(world.vilma.user)
    assert (answer.status_code, refused.is_signed_in) == (403, False)
    assert "Access for Rakennusliike Koskela Oy is suspended since" in visible_text(answer)
    assert BrowserClient().password(world.vilma.user, "wrong wrong wrong").status_code == 200
    there = mikko.get("/o/koskela/")
    assert (there.status_code, "is suspended since" in visible_text(there)) == (403, True)
    assert mikko.get("/o/pohjola/").status_code == 200
    assert signed_in.browser(world.mikko_at_pohjola).get("/o/tamm/").status_code == 404


def test_command_suspends_and_resumes_by_key(desk: Desk) -> None:
    until = (clock.now() + dt.timedelta(days=3)).date().isoformat()
    call_command("customer", "suspend", "koskela", "--reason", "overdue", "--until", until)
    assert (status(), Suspension.objects.get().resume_at is not None) == ("suspended", True)
    for words in (
        ("suspend", "koskela", "--reason", "overdue"),
        ("suspend", "nobody", "--reason", "overdue"),
        ("resume", "pohjola"),
    ):
        with pytest.raises(CommandError):
            call_command("customer", *words)
    call_command("customer", "resume", "koskela", "--note", "Paid")
    assert status() == "active"
    assert desk.world.koskela.key == "koskela"
