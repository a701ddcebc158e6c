"""The links of a handover's mails lead to what became of it, once it is over; strangers find no such page."""

import re
import uuid

import pytest

from delegation.handovers import queries
from delegation.handovers.models import Handover
from delegation.people.commands import suspension
from portal.web.handovers.context import HandoverPage
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails, signed_in
from tests.fixtures.pages import KOSKELA, count_statements, page_model, visible_text
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = f"{KOSKELA}/handover"
DAY = 24 * 3600
STATEMENTS = 11
"""Of the page of one without a handover that goes on, who begins none."""
STATES = {"viewer": "Completed", "decline": "Declined", "cancel": "Cancelled", "": "Expired"}


def begun(world: World) -> Handover:
    """Päivi hands over to Vilma, who has accepted."""
    signed_in.browser(world.paivi).post(PAGE, {"successor": str(world.vilma.id), "idempotency_key": "k1"})
    row = Handover.objects.get()
    accepted = {"step": "accept", "idempotency_key": "k2"}
    signed_in.browser(world.vilma).post(f"{PAGE}/{row.id}/answer", accepted)
    return row


def end(world: World, row: Handover, how: str) -> None:
    """It is over: completed, declined, cancelled, or by its time."""
    if how == "viewer":
        signed_in.browser(world.paivi).post(
            f"{PAGE}/{row.id}/complete", {"fate": how, "idempotency_key": "k3"}
        )
    elif how:
        who = world.paivi if how == "cancel" else world.vilma
        close = {"step": "close", "idempotency_key": "k3"}
        signed_in.browser(who).post(f"{PAGE}/{row.id}/answer", close)
    else:
        move_clock(15 * DAY)


def links() -> set[str]:
    """The addresses in all mails of handovers so far."""
    texts = [queued_mails.text_of(row) for row in Mail.objects.filter(purpose="handover")]
    return set(re.findall(r"/o/\S+", "\n".join(texts)))


@pytest.mark.parametrize("how", STATES)
def test_link_of_a_mail_leads_both_to_what_became_of_the_handover(world: World, how: str) -> None:
    row = begun(world)
    complete, answer = f"{PAGE}/{row.id}/complete", f"{PAGE}/{row.id}/answer"
    assert complete in links()
    end(world, row, how)
    for member in (world.paivi, world.vilma):
        browser = signed_in.browser(member)
        for url in links() - {PAGE} | {answer}:
            assert browser.get(url)["Location"] == PAGE
        page = page_model(browser.get(PAGE), HandoverPage)
        title = "Handover to Vilma Salo" if member == world.paivi else "Handover from Päivi Korhonen"
        assert [(one.title, one.state) for one in page.ended] == [(title, STATES[how])]
        assert page.running == []
        is_admin = (member == world.paivi) is not (how == "viewer")
        assert page.chooses == is_admin
        before = Handover.objects.values().get()
        for url, sent in ((complete, {"fate": "leave"}), (answer, {"step": "close"})):
            assert browser.post(url, {**sent, "idempotency_key": "late"})["Location"] == PAGE
        assert Handover.objects.values().get() == before


def test_handover_of_a_suspended_giver_is_paused_and_goes_on_afterwards(world: World) -> None:
    begun(world)
    suspended = suspension.suspend(actor=actor_of(world.aino), memberships=[world.paivi])
    browser = signed_in.browser(world.vilma)
    (paused,) = page_model(browser.get(PAGE), HandoverPage).ended
    assert paused.state == "Paused"
    assert "Päivi Korhonen left" not in visible_text(browser.get(PAGE))
    suspension.resume(actor=actor_of(world.aino), memberships=[world.paivi])
    page = page_model(browser.get(PAGE), HandoverPage)
    assert (len(page.running), len(page.ended), suspended.replayed) == (1, 0, False)


def test_same_step_again_is_no_refusal(world: World) -> None:
    row = begun(world)
    browser, form = signed_in.browser(world.paivi), {"fate": "viewer", "idempotency_key": "k3"}
    for _time in range(2):
        assert browser.post(f"{PAGE}/{row.id}/complete", form)["Location"] in {PAGE, f"{KOSKELA}/"}
    assert "This handover is over" not in visible_text(browser.get(PAGE))


@pytest.mark.parametrize("how", ["", "viewer"])
def test_ended_handover_is_unknown_to_others_as_a_random_one_is(world: World, how: str) -> None:
    row = begun(world)
    end(world, row, how)
    for member in (world.mikko, world.aino, world.tiina):
        browser = signed_in.browser(member)
        for step in ("complete", "answer"):
            answers = [browser.get(f"{PAGE}/{key}/{step}") for key in (row.id, uuid.uuid4())]
            assert [one.status_code for one in answers] == [404, 404]
            bodies = [re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}", "", visible_text(one)) for one in answers]
            assert bodies[0] == bodies[1]
    assert signed_in.browser(world.mikko).get(PAGE).status_code == 403


def test_page_names_the_newest_ended_handovers_by_the_same_statements(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_ENDED", 3)
    end(world, begun(world), "viewer")
    browser = signed_in.browser(world.paivi)
    assert count_statements(browser, PAGE) == STATEMENTS
    admin = signed_in.browser(world.vilma)
    for number in range(4):
        successor = {"successor": str(world.paivi.id), "idempotency_key": f"n{number}"}
        admin.post(PAGE, successor)
        row = Handover.objects.get(step="open")
        admin.post(f"{PAGE}/{row.id}/answer", {"step": "close", "idempotency_key": f"c{number}"})
    page = page_model(browser.get(PAGE), HandoverPage)
    assert [(one.title, one.state) for one in page.ended] == [("Handover from Vilma Salo", "Cancelled")] * 3
    assert count_statements(browser, PAGE) == STATEMENTS
