"""A colleague asks whether an admin is still one: the admin answers, another decides, or support sees it in time."""

import pytest

from delegation.absence_claims.models import AbsenceClaim
from delegation.orphan_cases.models import OrphanCase
from identity.people.models import User
from portal.desk.absence_claims.views import DeskClaimPage
from portal.desk.home.context import DeskHomePage
from portal.web.admins.context import LeftPage
from portal.web.admins.left import ClaimPage
from portal.web.home.context import HomePage
from provisioning.mail import stored
from provisioning.mail.models import Mail
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import move_clock

pytestmark = pytest.mark.django_db(transaction=True)
LIST = f"{KOSKELA}/admins"


def mailed() -> list[str]:
    names = dict(User.objects.values_list("email", "name"))
    rows = Mail.objects.filter(purpose="absence_claim")
    return sorted(names[stored.recipient(row=row)].split()[0] for row in rows)


def test_question_is_answered_by_the_admin_or_reaches_support(desk: Desk) -> None:
    world = desk.world
    mikko, url = signed_in.browser(world.mikko), f"{LIST}/{world.paivi.id}/left"
    assert page_model(mikko.get(url), LeftPage).others == "Aino Virtanen and Ulla Nieminen"
    assert mikko.post(url, {"reason": ""}).status_code == 200
    form = {"reason": "left", "message": "Moved in May", "idempotency_key": "k1"}
    for _ in range(2):
        assert mikko.post(url, form)["Location"] == LIST
    claim = AbsenceClaim.objects.get()
    assert mailed() == ["Aino", "Päivi"]
    here = f"{LIST}/claims/{claim.id}"
    for who in (world.vilma, world.tiina):
        assert signed_in.browser(who).get(here).status_code == 404
    paivi, aino = signed_in.browser(world.paivi), signed_in.browser(world.aino)
    own = page_model(paivi.get(here), ClaimPage)
    assert (own.button, "Message" in dict(own.facts), own.person_url) == ("I am still here", False, "")
    seen = page_model(aino.get(here), ClaimPage)
    assert (dict(seen.facts)["Message"], seen.person_url) == (
        "Moved in May",
        f"{KOSKELA}/people/{world.paivi.id}",
    )
    tasks = [task.url for task in page_model(aino.get(f"{KOSKELA}/"), HomePage).todo]
    assert tasks[:1] == [here]
    paivi.get(here)
    paivi.post(here, {})
    assert AbsenceClaim.objects.get().state == "open", "only the button of the page sends `step`"

    support = desk.browser("support")
    assert page_model(support.get("/staff/"), DeskHomePage).claims == []
    move_clock(8 * 24 * 3600)
    support = desk.browser("support")
    (line,) = page_model(support.get("/staff/"), DeskHomePage).claims
    assert dict(page_model(support.get(line.url), DeskClaimPage).facts)["Message"] == "Moved in May"
    support.post(line.url, {"note": "", "step": "close"})
    assert AbsenceClaim.objects.get().state == "open"
    paivi = signed_in.browser(world.paivi)
    paivi.post(here, {"step": "close", "idempotency_key": "k2"})
    assert AbsenceClaim.objects.get().state == "here"
    assert mailed() == ["Aino", "Mikko", "Päivi"]
    assert page_model(desk.browser("support").get("/staff/"), DeskHomePage).claims == []
    support = desk.browser("support")
    support.post(line.url, {"note": "Called", "step": "close", "idempotency_key": "k3"})
    assert AbsenceClaim.objects.get().state == "here"


def test_question_without_an_answer_opens_a_case_once_no_admin_is_there(desk: Desk) -> None:
    world = desk.world
    signed_in.browser(world.mikko).post(f"{LIST}/{world.paivi.id}/left", {"reason": "left"})
    claim = AbsenceClaim.objects.get()
    url = f"/staff/organizations/koskela/claims/{claim.id}/"
    support = desk.browser("support")
    assert page_model(support.get(url), DeskClaimPage).opens_case is False
    move_clock(8 * 24 * 3600)
    support = desk.browser("support")
    shown = page_model(support.get(url), DeskClaimPage)
    assert (shown.opens_case, shown.others) == (False, "Aino Virtanen")
    form = {"note": "Called, nobody knows them", "step": "case", "idempotency_key": "k1"}
    support.post(url, form)
    assert not OrphanCase.objects.exists(), "Aino decides"
    world.remove(world.aino, by=world.paivi)
    assert page_model(support.get(url), DeskClaimPage).opens_case is True
    for sent in ({}, {"step": "case", "note": ""}, form, form):
        support.post(url, sent)
    case = OrphanCase.objects.get()
    assert (case.cause, case.organization_id, AbsenceClaim.objects.get().state) == (
        "claim",
        world.koskela.id,
        "open",
    )
