"""Staff find requests without a case on the worklist, connect each or close it; the person gets a mail."""

import pytest

from audit.foundation import clock, ids
from audit.models import Event
from delegation.authorization.values import AccessSpec
from delegation.orphan_cases import request_list
from delegation.orphan_cases.commands import opening, outcome, request_decisions
from delegation.orphan_cases.models import OrphanCase, OrphanRequest
from identity.organizations.models import Organization
from portal.desk.home.context import DeskHomePage
from portal.desk.orphan_cases.cases_page import CasesPage
from portal.desk.orphan_cases.request_pages import CaseRequestDecisionPage, CaseRequestsPage
from portal.shell import case_mails
from provisioning.mail import stored
from provisioning.mail.models import Mail
from tests.fixtures import orphaned, queued_mails, staff_rights
from tests.fixtures.orphaned import TEEMU
from tests.fixtures.pages import count_statements, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/staff/cases/requests/"
STATEMENTS = 3
"""Of the first page of the list."""


def mailed() -> list[str]:
    """The addresses of the mails about closed requests."""
    case_mails.queue_closed(clock.now())
    return sorted(stored.recipient(row=row) for row in Mail.objects.filter(purpose="orphan_closed"))


def test_request_is_on_the_worklist_and_is_connected_to_a_customer_without_an_admin(desk: Desk) -> None:
    orphaned.bounce(desk.world.tiina)
    support, far = desk.browser("support"), desk.browser("support", unit=desk.staff.eesti)
    row = orphaned.request_of("no such number")
    url = f"{LIST}{row.id}/"
    (line,) = page_model(support.get(LIST), CaseRequestsPage).rows
    assert (line.company, line.email, line.url) == ("Pohjolan Sähkö", TEEMU.email, url)
    (waits,) = page_model(support.get("/staff/"), DeskHomePage).requests
    assert (waits.company, waits.url) == ("Pohjolan Sähkö", url)
    tab = page_model(support.get("/staff/cases/"), CasesPage).tabs[-1]
    assert (tab.count, tab.url) == ("1", LIST)
    assert LIST not in {
        one.url for one in page_model(desk.browser("auditor").get("/staff/cases/"), CasesPage).tabs
    }
    for sent, text in (
        ({"customer": "", "reason": ""}, "Enter how you know the customer."),
        ({"customer": "nowhere", "reason": "Called"}, "This matches no single customer of yours."),
        ({"customer": "tamm", "reason": "Called"}, "This matches no single customer of yours."),
        ({"customer": "koskela", "reason": "Called"}, "has a working admin"),
    ):
        assert text in visible_text(support.post(url, {"do": "connect", **sent})), sent
    pohjola = {"customer": "pohjola", "reason": "Called", "idempotency_key": "c1"}
    assert "no single customer of yours" in visible_text(far.post(url, {"do": "connect", **pohjola}))
    assert OrphanCase.objects.count() == 0
    answers = [support.post(url, {"do": "connect", **pohjola}) for _ in range(2)]
    case = OrphanCase.objects.get()
    case_url = f"/staff/organizations/pohjola/cases/{case.id}/"
    assert [one["Location"] for one in answers] == [case_url] * 2
    again = support.post(url, {"do": "connect", **pohjola, "idempotency_key": "c2"})
    assert again["Location"] == url
    assert "decided on already" in visible_text(support.get(url))
    assert page_model(support.get(url), CaseRequestDecisionPage).case_url == case_url
    assert far.get(url).status_code == 404
    assert page_model(support.get(LIST), CaseRequestsPage).rows == []
    assert "connected a person’s request" in visible_text(support.get(case_url))
    assert mailed() == []
    senior = staff_rights.acting_as(desk.user("senior_support", desk.staff.kivisalo))
    opening.close(actor=senior, case=case, reason="Tiina is back")
    assert (mailed(), mailed()) == ([TEEMU.email], [TEEMU.email]), "once"
    text = queued_mails.text_of(Mail.objects.get(purpose="orphan_closed"))
    assert "Pohjola" not in text


def test_request_is_closed_with_a_reason_and_the_person_gets_one_mail_that_names_nothing(desk: Desk) -> None:
    support = desk.browser("support")
    first, second = orphaned.request_of("no such number"), orphaned.request_of("E-1", "liisa@tamm.example")
    assert [one.url for one in page_model(support.get(LIST), CaseRequestsPage).rows] == [f"{LIST}{first.id}/"]
    assert support.get(f"{LIST}{second.id}/").status_code == 404, "of a customer in another business unit"
    url = f"{LIST}{first.id}/"
    assert "Enter the reason." in visible_text(support.post(url, {"do": "close", "reason": ""}))
    support.post(url, {})
    assert not OrphanRequest.objects.exclude(decided_at=None).exists()
    for key in ("k1", "k1", "k2"):
        support.post(url, {"do": "close", "reason": "Not a customer", "idempotency_key": key})
    assert Event.objects.filter(verb="orphan_request.close", outcome="done").count() == 1
    assert "This request is closed." in visible_text(support.get(url))
    assert mailed() == [TEEMU.email]
    text = queued_mails.text_of(Mail.objects.get(purpose="orphan_closed"))
    assert not any(word in text for word in ("Sähkö", "Not a customer", "Aalto"))
    move_clock(8 * orphaned.DAY)
    assert mailed() == [TEEMU.email]


def test_closing_mail_does_not_go_to_one_who_has_another_case_or_invitation(desk: Desk) -> None:
    world = desk.world
    orphaned.bounce(world.tiina)
    sanna = staff_rights.acting_as(desk.user("support", desk.staff.kivisalo))
    emails = (TEEMU.email, "liisa@else.example", "eve@else.example", "uno@else.example")
    for email in emails:
        row = orphaned.request_of("no such number", email)
        request_decisions.close(actor=sanna, request=row, reason="Not a customer")
    for email in emails[:2]:  # the case is opened for the first one, and the second one joins it
        row = orphaned.request_of("number of 2019", email.capitalize())
        request_decisions.connect(actor=sanna, request=row, organization=world.pohjola, reason="Called")
    world.invite(world.koskela, "Eve@else.example", AccessSpec(role="viewer", all_sites=True))
    assert mailed() == ["uno@else.example"]
    senior = staff_rights.acting_as(desk.user("senior_support", desk.staff.kivisalo))
    opening.close(actor=senior, case=OrphanCase.objects.get(), reason="Tiina is back")
    assert set(mailed()) == {TEEMU.email, "liisa@else.example", "uno@else.example"}


def test_closing_mail_of_another_request_does_not_go_to_the_new_admin(
    desk: Desk,
) -> None:
    rescue = orphaned.Rescue(desk.world, staff=desk.staff)
    other = orphaned.request_of("no such number")
    case = rescue.joined()
    request_decisions.close(actor=rescue.sanna, request=other, reason="Not a customer")
    assert mailed() == [], "invited, with the first rights"
    move_clock(5 * orphaned.DAY)
    outcome.complete(actor=orphaned.SYSTEM, case=case)
    assert mailed() == [], "an admin since"


def test_closing_mail_goes_to_one_whose_invitation_ended_with_its_case(desk: Desk) -> None:
    rescue = orphaned.Rescue(desk.world, staff=desk.staff)
    request = orphaned.request_of("no such number")
    case = rescue.approved()
    request_decisions.connect(
        actor=rescue.sanna, request=request, organization=desk.world.pohjola, reason="Called"
    )
    move_clock(2 * orphaned.DAY)
    rescue.invite(case)
    assert mailed() == []
    opening.close(actor=rescue.anna, case=case, reason="Tiina is back")
    assert mailed() == [TEEMU.email]


def test_request_of_a_customer_with_an_admin_can_still_be_connected_to_another_one(desk: Desk) -> None:
    orphaned.bounce(desk.world.tiina)
    with bypassing_commands():
        Organization.objects.filter(id=desk.world.koskela.id).update(register_id="7654321-0")
    row = orphaned.request_of("7654321-0")
    support, url = desk.browser("support"), f"{LIST}{row.id}/"
    text = visible_text(support.get(url))
    assert "has a working admin, so no case can be opened" in text
    assert "Customer number, business ID or customer key" in text
    sent = {"do": "connect", "reason": "Called", "idempotency_key": "c1"}
    assert "has a working admin" in visible_text(support.post(url, {**sent, "customer": "7654321-0"}))
    support.post(url, {**sent, "customer": "pohjola", "idempotency_key": "c2"})
    assert OrphanCase.objects.get().organization == desk.world.pohjola


def test_list_of_requests_has_pages_each_of_the_same_statements(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    support = desk.browser("support")
    orphaned.request_of("1")
    assert count_statements(support, LIST) == STATEMENTS
    for number in range(4):
        orphaned.request_of("1", f"more{number}@else.example")
    assert len(page_model(support.get(LIST), CaseRequestsPage).rows) == 5
    assert count_statements(support, LIST) == STATEMENTS
    emails = [TEEMU.email, *(f"more{number}@else.example" for number in range(4))]
    monkeypatch.setattr(request_list, "PAGE_SIZE", 2)

    def pages(url: str, *, back: bool = False) -> list[list[str]]:
        """The addresses on each page, from this one on."""
        found = []
        while url:
            page = page_model(support.get(url), CaseRequestsPage)
            found.append([one.email for one in page.rows])
            url = page.pager.previous_url if back else page.pager.next_url
        return found

    assert pages(LIST) == [emails[:2], emails[2:4], emails[4:]]
    rows = list(OrphanRequest.objects.order_by("confirmed_at"))
    assert pages(f"{LIST}?before={rows[4].id}", back=True) == [emails[2:4], emails[:2]]
    assert count_statements(support, f"{LIST}?after={rows[1].id}") == STATEMENTS + 1
    sanna = staff_rights.acting_as(desk.user("senior_support", desk.staff.kivisalo))
    request_decisions.close(actor=sanna, request=rows[1], reason="Not a customer")
    assert pages(f"{LIST}?after={rows[1].id}") == [emails[2:4], emails[4:]], "behind a decided one"
    request_decisions.close(actor=sanna, request=rows[4], reason="Not a customer")
    assert pages(f"{LIST}?after={rows[3].id}")[0] == [emails[0], emails[2]], "the list begins again"
    for unknown in ("x", ids.uuid7()):
        assert pages(f"{LIST}?after={unknown}")[0] == [emails[0], emails[2]]
