"""Staff take a case from its opening to the invitation on its pages; each reader sees what is for that reader."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.foundation import clock
from delegation.authorization.errors import ProofsMissing
from delegation.domain_verifications import commands as domains
from delegation.orphan_cases import case_list
from delegation.orphan_cases.commands import opening
from delegation.orphan_cases.models import OrphanCase, OrphanProof
from identity.people.models import User
from portal.desk.home import case_lines, support_lines
from portal.desk.home.context import DeskHomePage
from portal.desk.organizations.context import CustomerPage
from portal.desk.orphan_cases.cases_page import CasesPage
from portal.desk.orphan_cases.context import CasePage
from provisioning.mail import stored
from provisioning.mail.models import Mail
from tests.fixtures import orphaned
from tests.fixtures.orphaned import DAY, PDF, Rescue
from tests.fixtures.pages import count_statements, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = "/staff/organizations/pohjola/"
STATEMENTS = 5
"""Of the first page of the list of cases."""
PERSON = {"name": "Teemu Aalto", "email": "teemu@pohjola.example", "language": "fi", "note": "Called"}


def verdicts(case: OrphanCase, page: CasePage, *, reject: str = "") -> dict[str, str]:
    assert page.forms.verdict is not None
    return {
        "shown": str(page.forms.verdict["shown"].value()),
        **{
            f"verdict_{one.id.hex}": "no" if one.kind == reject else "yes"
            for one in OrphanProof.objects.filter(case=case)
        },
    }


def test_case_is_opened_proved_judged_by_two_and_ends_in_one_invitation(desk: Desk) -> None:
    support, senior = desk.browser("support"), desk.browser("senior_support")
    orphaned.bounce(desk.world.tiina)
    actions = page_model(support.get(PLACE), CustomerPage).actions
    assert f"{PLACE}cases/open" in {one.url for one in actions}
    assert OrphanCase.objects.count() == 0
    half = {**PERSON, "email": "", "idempotency_key": "k0"}
    assert "Enter an e-mail address." in visible_text(support.post(f"{PLACE}cases/open", half))
    for key in ("k1", "k1", "k2"):
        url = support.post(f"{PLACE}cases/open", {**PERSON, "idempotency_key": key})["Location"]
    case = OrphanCase.objects.get()
    assert url == f"{PLACE}cases/{case.id}/"
    add = f"{url}proof"
    register = {"kind": "register", "note": "Extract of today", "idempotency_key": "p1"}
    program = SimpleUploadedFile("x.pdf", b"MZ program")
    assert "PDF, PNG or JPEG" in visible_text(support.post(add, {**register, "file": program}))
    assert "Fill this in." in visible_text(support.post(add, register))
    for _ in range(2):
        document = SimpleUploadedFile("extract.pdf", PDF)
        assert support.post(add, {**register, "file": document})["Location"] == url
    domain = {"kind": "domain", "note": "seen", "idempotency_key": "p2"}
    assert "no verified domain" in visible_text(support.post(add, domain))
    support.post(add, {"kind": "call_back", "note": "Called 03 000 2210", "idempotency_key": "p3"})
    assert case.proofs.count() == 2

    shown = page_model(support.get(url), CasePage)
    assert (shown.judges, [one.value for one in shown.conditions]) == (
        "propose",
        ["2 of 2", "0 of 2", "24\N{NO-BREAK SPACE}h"],
    )
    assert "Accept or reject: Call back." in visible_text(support.post(url, {"do": "propose"}))
    for _ in range(2):
        sent = {**verdicts(case, shown), "do": "propose", "idempotency_key": "v1"}
        assert support.post(url, sent)["Location"] == url
    notices = Mail.objects.filter(purpose="orphan_notice")
    assert {stored.recipient(row=row) for row in notices} == {
        desk.world.tiina.user.email,
        desk.world.stina.user.email,
        desk.world.mikko_at_pohjola.user.email,
    }

    own, second = page_model(support.get(url), CasePage), page_model(senior.get(url), CasePage)
    assert (own.judges, second.judges) == ("", "approve")
    assert [one.state for one in own.rungs[0].verdicts] == ["ok", "none"]
    assert [one.state for one in second.rungs[0].verdicts] == ["none", "none"], "the first verdict is hidden"
    senior.post(url, {**verdicts(case, second, reject="register"), "do": "approve", "idempotency_key": "v2"})
    case.refresh_from_db()
    assert case.state == "proposed"
    senior.post(url, {**verdicts(case, second), "do": "approve", "idempotency_key": "v3"})
    waiting = page_model(support.get(url), CasePage)
    assert waiting.outcome.why.endswith("left.")
    support.post(url, {"do": "invite", "idempotency_key": "i1"})
    move_clock(DAY + 60)
    assert page_model(desk.browser("support").get(url), CasePage).outcome.why == ""
    for _ in range(2):
        desk.browser("support").post(url, {"do": "invite", "idempotency_key": "i2"})
    (mail,) = Mail.objects.filter(purpose="invitation", about__isnull=False).order_by("-created_at")[:1]
    assert stored.recipient(row=mail) == PERSON["email"]
    (line,) = page_model(desk.browser("auditor").get("/staff/cases/"), CasesPage).rows
    assert (line.url, line.state) == (url, "Invitation sent")
    (waits,) = page_model(desk.browser("support").get("/staff/"), DeskHomePage).cases
    assert waits.url == url
    assert page_model(desk.browser("support").get("/staff/cases/?show=over"), CasesPage).rows == []


def test_lists_count_all_cases_and_the_worklist_says_that_more_are_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rescue = Rescue(desk.world, staff=desk.staff)
    with bypassing_commands():
        OrphanCase.objects.create(
            organization=desk.world.koskela,
            cause="support",
            threshold=4,
            opened_by=rescue.sanna.id,
            opened_by_kind="staff",
            opened_at=clock.now(),
        )
    case = rescue.open()
    rescue.prove(case, "register", "call_back")
    rescue.propose(case)
    support = Desk.signed_in(User.all_directories.get(pk=rescue.sanna.id), "support")
    page = page_model(support.get("/staff/cases/?show=second"), CasesPage)
    assert [one.count for one in page.tabs[:3]] == ["2", "1", "1"]
    monkeypatch.setattr(case_lines, "MOST", 1)
    monkeypatch.setattr(support_lines, "MOST_LISTED", 1)
    answer = support.get("/staff/")
    home = page_model(answer, DeskHomePage)
    assert [(one.count, one.url) for one in home.counters if one.url == "#cases"] == [("1+", "#cases")]
    assert "cases" in home.more
    assert '<a href="/staff/cases/">All cases</a>' in answer.content.decode()
    monkeypatch.setattr(support_lines, "MOST_LISTED", 2)
    assert "All cases" not in support.get("/staff/").content.decode()


@pytest.mark.parametrize("lapses_before", ["propose", "approve", "invite", ""])
def test_page_counts_a_domain_that_has_lapsed_as_little_as_the_next_command(
    desk: Desk, lapses_before: str
) -> None:
    orphaned.verify_domain(desk.world)
    move_clock(60)
    rescue = Rescue(desk.world, staff=desk.staff)
    case = rescue.open()
    rescue.prove(case, "domain", "call_back")
    url = f"{PLACE}cases/{case.id}/"

    def get() -> Any:
        return Desk.signed_in(User.all_directories.get(pk=rescue.sanna.id), "support").get(url)

    def shown() -> tuple[str, list[str]]:
        page = page_model(get(), CasePage)
        return page.conditions[0].value, [one.kind for one in page.rungs if one.void]

    def lapse() -> None:
        domains.lapse(actor=orphaned.SYSTEM, organization=desk.world.pohjola, domain="pohjola.example")

    for name, step in (("propose", rescue.propose), ("approve", rescue.approve), ("invite", rescue.invite)):
        if name == "invite":
            move_clock(DAY + 120)
        assert shown() == ("2 of 2", [])
        if name == lapses_before:
            lapse()
            assert shown() == ("1 of 2", ["Record in the company’s domain"])
            assert "It does not count" in visible_text(get())
            with pytest.raises(ProofsMissing):
                step(case)
            return
        step(case)
    lapse()
    assert shown() == ("2 of 2", []), "what was decided before it lapsed"


def test_cases_are_listed_in_pages_by_their_opening_and_those_over_by_their_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rescue = Rescue(desk.world, staff=desk.staff)
    support = Desk.signed_in(User.all_directories.get(pk=rescue.sanna.id), "support")
    for number in range(3):
        case = rescue.open(by=orphaned.SYSTEM if number else None)
        if number < 2:
            opening.close(actor=rescue.otto, case=case, reason="begin again")
    first, second, last = OrphanCase.objects.order_by("opened_at")
    monkeypatch.setattr(case_list, "PAGE_SIZE", 1)

    def walk(url: str) -> list[str]:
        seen = []
        while url:
            page = page_model(support.get(url), CasesPage)
            seen += [one.url for one in page.rows]
            url = page.pager.next_url
        return seen

    urls = [f"{PLACE}cases/{one.id}/" for one in (first, second, last)]
    assert walk("/staff/cases/?show=over") == [urls[1], urls[0]]
    assert walk("/staff/cases/") == [urls[2]]
    behind = page_model(support.get(f"/staff/cases/?show=over&after={second.id}"), CasesPage)
    assert (behind.pager.previous_url, behind.pager.next_url) == (
        f"/staff/cases/?show=over&before={first.id}",
        "",
    )
    assert page_model(support.get(f"/staff/cases/?after={last.id}"), CasesPage).rows, "begins again"
    addresses = ("/staff/cases/?show=over", f"/staff/cases/?show=over&after={second.id}")
    assert [count_statements(support, one) for one in addresses] == [STATEMENTS, STATEMENTS + 1]
