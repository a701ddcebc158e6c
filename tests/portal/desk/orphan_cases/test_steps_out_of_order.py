"""Each step of a case, called out of order, twice, with an empty POST or by its final address, changes nothing."""

from collections.abc import Mapping

import pytest

from audit.models import Event
from delegation.orphan_cases import case_views, letters
from delegation.orphan_cases.commands import decisions, evidence, objections
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanProof, OrphanVerdict
from identity.memberships.models import Membership
from identity.people.models import User
from portal.desk.orphan_cases.context import CasePage
from portal.shell import case_mails
from provisioning.mail.models import Mail
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.orphaned import DAY, SYSTEM, Rescue
from tests.fixtures.pages import page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import move_clock

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = "/staff/organizations/pohjola/cases/"


def everything() -> list[object]:
    """What a step could change."""
    tables = (OrphanCase, OrphanProof, OrphanVerdict, OrphanLetter)
    return [list(model.objects.order_by("id").values()) for model in tables] + [Mail.objects.count()]


def attempts(case: OrphanCase, shown: str, letter: object) -> Mapping[str, tuple[str, dict[str, str]]]:
    """The address and the form of each step, filled in; the keys of idempotency are new."""
    url = f"{PLACE}{case.id}/"
    members = Membership.objects.filter(organization=case.organization_id, user__name="Stina Berg")
    stina = str(members.get().user.email)
    verdicts = {f"verdict_{one.id.hex}": "yes" for one in case.proofs.all()}
    judged = {**verdicts, "shown": shown}
    return {
        "open": (
            f"{PLACE}open",
            {"name": "Eve", "email": "eve@else.example", "language": "en", "idempotency_key": "x"},
        ),
        "name": (url, {"do": "name", "name": "Eve", "email": "eve@else.example", "language": "en"}),
        "proof": (f"{url}proof", {"kind": "call_back", "note": "again"}),
        "domain": (url, {"do": "use_domain", "domain": "else.example", "idempotency_key": "d"}),
        "ask": (url, {"do": "ask", "email": stina}),
        "propose": (url, {"do": "propose", **judged}),
        "approve": (url, {"do": "approve", **judged}),
        "invite": (url, {"do": "invite", "idempotency_key": "i"}),
        "withdraw": (f"{url}withdraw", {"reason": "why"}),
        "post": (f"{url}post", {"reason": "why"}),
        "continue": (f"{url}continue?letter={letter}", {"reason": "why"}),
        "close": (f"{url}close", {"reason": "why"}),
        "unknown": (f"{url}resolve", {"reason": "why"}),
    }


ALLOWED = {
    "open": {"proof", "ask", "propose", "close"},
    "proposed": {"approve", "withdraw", "post", "close"},
    "approved": {"withdraw", "post", "close"},
    "invited": {"close"},
    "closed": {"open"},
}
"""By state, what would change something; all the rest is tried."""


def tried(browser: BrowserClient, case: OrphanCase, shown: str) -> None:
    """Try each step that is not allowed in this state, and each with an empty POST and by GET."""
    case.refresh_from_db()
    letter = case.letters.values_list("id", flat=True).first() or case.id
    before = everything()
    for name, (url, form) in attempts(case, shown, letter).items():
        assert browser.get(url).status_code in {200, 302, 404}, name
        assert browser.post(url, {}).status_code in {200, 302, 404}, name
        if name not in ALLOWED[case.state]:
            assert browser.post(url, form).status_code in {200, 302, 404}, (case.state, name)
        assert everything() == before, (case.state, name)


def of_anna(rescue: Rescue) -> BrowserClient:
    """A browser of Anna, of senior support, who has taken no step of the case."""
    return Desk.signed_in(User.all_directories.get(pk=rescue.anna.id), "senior_support")


def test_steps_out_of_order_twice_empty_and_by_address_change_nothing(desk: Desk) -> None:
    rescue = Rescue(desk.world, staff=desk.staff)
    browser, case = of_anna(rescue), rescue.open()
    rescue.prove(case, "register", "call_back")
    tried(browser, case, "0" * 64)
    rescue.propose(case)
    case_mails.queue_notices(
        organization=case.organization_id, case=case.id, sent=list(rescue.notices.values())
    )
    tried(browser, case, "0" * 64)
    rescue.approve(case)
    tried(browser, case, rescue.digest(case))
    move_clock(2 * DAY)
    browser, url = of_anna(rescue), f"{PLACE}{case.id}/"
    before = Mail.objects.count()
    for key in ("i1", "i1", "i2"):
        browser.post(url, {"do": "invite", "idempotency_key": key})
    assert Mail.objects.count() == before + 1
    tried(browser, case, rescue.digest(case))
    for key in ("c1", "c1", "c2"):
        browser.post(f"{url}close", {"reason": "Tiina called", "idempotency_key": key})
    assert Event.objects.filter(verb="orphan_case.close", outcome="done").count() == 2, "in two logs, once"
    tried(browser, case, rescue.digest(case))


def test_second_proposal_with_more_notices_and_objections_than_the_page_shows_ends_in_the_invitation(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_views, "MOST_LETTERS", 2)
    rescue = Rescue(desk.world, staff=desk.staff)
    case = rescue.open()
    rescue.prove(case, "register", "call_back")
    evidence.ask(actor=rescue.sanna, case=case, membership=desk.world.stina)
    rescue.propose(case)
    decisions.withdraw(actor=rescue.sanna, case=case, reason="One more proof")
    move_clock(120)
    rescue.propose(case)
    sent = list(rescue.notices.values())
    names = {
        one.shown_name for one in Membership.objects.filter(id__in=[one for one in rescue.notices if one])
    }
    case_mails.queue_notices(organization=case.organization_id, case=case.id, sent=sent)
    for one in sent:
        letter = letters.find(one.link)
        assert letter is not None
        objections.object_to(actor=SYSTEM, letter=letter, link=one.link)
    browser, url = of_anna(rescue), f"{PLACE}{case.id}/"
    for _ in sent:
        shown = page_model(browser.get(url), CasePage)
        assert len(shown.notified) + shown.more_notified == len(sent), "those of the present proposal"
        browser.post(shown.objections[0].continue_url, {"reason": "Spoke with all of them"})
    shown = page_model(browser.get(url), CasePage)
    assert [one.name for one in shown.asked] == ["Stina Berg"], "questions come before notices"
    who = {one.who for one in shown.timeline if one.is_stop}
    assert who == names, "letters past the list have names, too"
    rescue.approve(case)
    move_clock(3 * DAY)
    of_anna(rescue).post(url, {"do": "invite", "idempotency_key": "i"})
    case.refresh_from_db()
    assert case.state == "invited"
