"""Staff create programs that they own, renew and end them on pages; operators and owners of everything end any."""

import datetime as dt
import uuid
from typing import Any

import pytest

from delegation.authorization import service_scopes
from delegation.authorization.verbs import Verb
from identity.service_users import service_tokens
from identity.service_users.models import ServiceUser
from portal.desk.programs import wording
from portal.desk.programs.context import CreateProgramPage, NewSecretPage, ProgramSecretPage, ProgramsPage
from provisioning.mail import reminders
from provisioning.mail.models import Mail
from tests.fixtures import events, queued_mails, service_users
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import count_statements, page_messages, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import move_clock

pytestmark = pytest.mark.django_db(transaction=True)
LIST, CREATE = "/staff/programs/", "/staff/programs/create"
HOLDS = "supplier.holds.write"
FORM = {"name": "Credit control", "scopes": [HOLDS], "lasts": "90", "reason": "Overdue invoices"}
DAY = 24 * 3600


def manager(desk: Desk) -> BrowserClient:
    """Maarja, with the roles of her last sign-in noted, as the provider's sign-in notes them."""
    service_users.sign_in_owner(desk.user("account_manager", desk.staff.kivisalo))
    return desk.browser("account_manager")


def created(browser: BrowserClient, **other: Any) -> ProgramSecretPage:
    answer = browser.post(CREATE, {**FORM, "idempotency_key": "k1", **other})
    assert answer["Cache-Control"] == "no-store"
    return page_model(answer, ProgramSecretPage)


def accepts(program: ProgramSecretPage, secret: str) -> bool:
    found = service_tokens.find(client=program.client_id)
    return found is not None and found.verify_secret(secret)


def test_scopes_of_the_page_are_those_of_the_service() -> None:
    assert list(wording.SCOPES) == list(service_scopes.STAFF_VERBS)


def test_owner_creates_renews_and_ends_a_program(desk: Desk) -> None:
    browser = manager(desk)
    offered = [one.value for one in page_model(browser.get(CREATE), CreateProgramPage).scopes]
    assert HOLDS in offered
    assert "supplier.ceilings.write" in offered
    wrong = page_model(browser.post(CREATE, {"name": "CRM", "lasts": "7"}), CreateProgramPage)
    assert set(wrong.form.errors) == {"scopes", "lasts", "reason"}
    program = created(browser)
    assert accepts(program, program.secret)
    assert created(browser).secret == "", "a repetition shows none"
    assert ServiceUser.objects.count() == 1
    (row,) = page_model(browser.get(LIST), ProgramsPage).rows
    assert (row.id, row.name, row.scopes) == (program.client_id, FORM["name"], [wording.SCOPES[HOLDS]()])
    assert count_statements(browser, LIST) == 4
    before = ServiceUser.objects.get().valid_until
    assert page_model(browser.get(row.secret_url), NewSecretPage).row == row
    renewed = page_model(
        browser.post(row.secret_url, {"overlap": "1d", "lasts": "180", "idempotency_key": "k2"}),
        ProgramSecretPage,
    )
    assert [accepts(program, one) for one in (program.secret, renewed.secret)] == [True, True]
    assert ServiceUser.objects.get().valid_until - before == dt.timedelta(days=90)
    move_clock(DAY + 60)
    assert [accepts(program, one) for one in (program.secret, renewed.secret)] == [False, True]
    browser = manager(desk)
    assert browser.post(row.end_url, {}).status_code == 200, "an empty form ends nothing"
    for _ in range(2):
        assert browser.post(row.end_url, {"reason": "Replaced", "idempotency_key": "k3"})["Location"] == LIST
    assert "The program Credit control has ended." in page_messages(browser.get(LIST))[0]
    assert not accepts(program, renewed.secret)
    verbs = (Verb.STAFF_SERVICE_CREATE, Verb.STAFF_SERVICE_ROTATE, Verb.STAFF_SERVICE_END)
    assert [len(events.recorded(verb)) for verb in verbs] == [1, 1, 1]


def test_operator_creates_a_program_with_the_scopes_of_operators(desk: Desk) -> None:
    service_users.sign_in_owner(desk.user("operator", desk.staff.kivisalo))
    browser = desk.browser("operator")
    offered = {one.value for one in page_model(browser.get(CREATE), CreateProgramPage).scopes}
    assert offered == service_users.OPERATOR_SCOPES
    assert offered == {"supplier.applications.read", "supplier.applications.write", "supplier.targets.write"}
    wrong = browser.post(CREATE, {**FORM, "idempotency_key": "k0"})
    assert set(page_model(wrong, CreateProgramPage).form.errors) == {"scopes"}
    program = created(browser, scopes=sorted(offered))
    assert accepts(program, program.secret)
    (row,) = page_model(browser.get(LIST), ProgramsPage).rows
    assert (bool(row.secret_url), bool(row.end_url)) == (True, True)
    of_manager = [one.value for one in page_model(manager(desk).get(CREATE), CreateProgramPage).scopes]
    assert offered.isdisjoint(of_manager)


def test_others_neither_see_nor_renew_it_and_operators_of_everything_end_it(desk: Desk) -> None:
    program = created(manager(desk))
    place = f"{LIST}{program.client_id}/"
    juho = desk.user("operator", desk.staff.kivisalo)
    for role in ("support", "operator", "owner", "auditor"):
        browser = desk.browser(role)
        assert page_model(browser.get(LIST), ProgramsPage).rows == [], "rights of one unit show no others"
        for page in ("secret", "end"):
            for answer in (browser.get(place + page), browser.post(place + page, {"reason": "x"})):
                assert answer.status_code in {403, 404}, (role, page)
    desk.staff.give(juho, "operator")
    juho_browser = desk.browser("operator")
    (shown,) = page_model(juho_browser.get(LIST), ProgramsPage).rows
    assert (shown.owner, shown.secret_url) == ("Maarja Kuusk", "")
    assert juho_browser.post(place + "secret", {"overlap": "0", "lasts": "same"}).status_code == 404
    assert juho_browser.get(f"{LIST}{uuid.uuid4()}/end").status_code == 404
    assert juho_browser.post(place + "end", {"reason": "Leaked"})["Location"] == LIST
    assert not accepts(program, program.secret)


def test_owner_is_reminded_two_weeks_before_the_end_once(desk: Desk) -> None:
    program = created(manager(desk), lasts="30")
    move_clock(15 * DAY)
    assert reminders.queue_due() == 0
    move_clock(17 * DAY)
    assert [reminders.queue_due() for _ in range(2)] == [1, 0]
    mail = Mail.objects.get(purpose="staff_program_ends")
    assert queued_mails.recipient_of(mail) == desk.user("account_manager", desk.staff.kivisalo).contact
    assert f"{LIST}{program.client_id}/secret" in queued_mails.text_of(mail)


@pytest.mark.parametrize("how", ["ended", "expired"])
def test_mailed_link_of_a_program_that_has_ended_leads_to_the_list_that_says_so(desk: Desk, how: str) -> None:
    program = created(manager(desk), lasts="30")
    place = f"{LIST}{program.client_id}/"
    if how == "ended":
        manager(desk).post(f"{place}end", {"reason": "Replaced", "idempotency_key": "k3"})
    else:
        move_clock(31 * DAY)
    before = ServiceUser.objects.values().get()
    browser = manager(desk)
    sent = {"overlap": "0", "lasts": "30", "idempotency_key": "k4"}
    answers = [browser.get(f"{place}secret"), browser.post(f"{place}secret", sent)]
    assert [one["Location"] for one in answers] == [LIST] * 2
    assert page_messages(browser.get(LIST)) == ["That program has already ended."] * 2
    assert ServiceUser.objects.values().get() == before
    assert desk.browser("operator").get(f"{place}secret").status_code in {403, 404}
