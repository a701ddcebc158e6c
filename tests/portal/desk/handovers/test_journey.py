"""An admin hands over to a colleague over three days; mails and reminders follow, and support sees it."""

import pytest

from audit.foundation import clock
from delegation.authorization.models.assignments import Assignment
from delegation.handovers.models import Handover
from identity.people.models import User
from portal.desk.organizations.context import CustomerPage
from portal.web.handovers import handover_mails
from portal.web.handovers.context import CompletePage, HandoverPage
from portal.web.home.context import HomePage
from provisioning.mail import stored
from provisioning.mail.models import Mail
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = f"{KOSKELA}/handover"
DAY = 24 * 3600


def mailed(purpose: str) -> list[str]:
    names = dict(User.objects.values_list("email", "name"))
    rows = Mail.objects.filter(purpose=purpose)
    return sorted(names.get(stored.recipient(row=row), "new")[:5] for row in rows)


def test_handover_over_three_days(desk: Desk) -> None:
    world = desk.world
    paivi = signed_in.browser(world.paivi)
    page = page_model(paivi.get(PAGE), HandoverPage)
    assert (page.chooses, page.running) == (True, [])
    listed = {row.name for row in page.people}
    assert ("Vilma Salo" in listed, "Aino Virtanen" in listed) == (True, False)
    for wrong in ({}, {"successor": "new", "email": ""}, {"successor": str(world.aino.id)}):
        assert paivi.post(PAGE, wrong).status_code == 200
    assert Handover.objects.count() == 0
    form = {"successor": str(world.vilma.id), "idempotency_key": "k1"}
    assert paivi.post(PAGE, form)["Location"] == PAGE
    row = Handover.objects.get()
    assert mailed("handover") == ["Vilma"]
    assert signed_in.browser(world.mikko).get(PAGE).status_code == 403
    assert signed_in.browser(world.tiina).get(PAGE).status_code == 404
    answer, complete = f"{PAGE}/{row.id}/answer", f"{PAGE}/{row.id}/complete"
    vilma = signed_in.browser(world.vilma)
    note = page_model(vilma.get(f"{KOSKELA}/"), HomePage).note
    assert note is not None
    assert note.url == PAGE
    assert vilma.get(complete).status_code == 404
    vilma.get(answer)
    vilma.post(answer, {})
    assert Handover.objects.get().step == "open", "an address and an empty form change nothing"
    (line,) = page_model(desk.browser("support").get("/staff/organizations/koskela/"), CustomerPage).handovers
    assert "Vilma Salo" in line

    move_clock(DAY)
    assert handover_mails.queue_due(clock.now()) == 0
    move_clock(3 * DAY + 60)
    assert (handover_mails.queue_due(clock.now()), handover_mails.queue_due(clock.now())) == (1, 0)
    vilma = signed_in.browser(world.vilma)
    for _ in range(2):
        vilma.post(answer, {"step": "accept", "idempotency_key": "k2"})
    assert (Handover.objects.get().step, mailed("handover")) == ("accepted", ["Päivi", "Vilma"])
    paivi = signed_in.browser(world.paivi)
    fates = {one.value for one in page_model(paivi.get(complete), CompletePage).fates}
    assert {"viewer", "leave"} <= fates
    assert "organization_admin" not in fates
    for wrong in ({}, {"fate": "organization_admin"}, {"fate": "orderer"}):
        assert paivi.post(complete, wrong).status_code == 200
    assert Handover.objects.get().step == "accepted"
    assert paivi.post(complete, {"fate": "viewer", "idempotency_key": "k3"})["Location"] == f"{KOSKELA}/"
    assert Handover.objects.get().step == "completed"
    now = Assignment.objects.filter(valid_until=None)
    held = {
        who.id: set(now.filter(membership=who).values_list("role__key", flat=True))
        for who in (world.paivi, world.vilma)
    }
    assert held == {world.paivi.id: {"viewer"}, world.vilma.id: {"viewer", "organization_admin"}}
    assert paivi.post(complete, {"fate": "leave", "idempotency_key": "k4"})["Location"] == PAGE
    assert Handover.objects.get().fate == "stays"


def test_admin_leaves_for_a_new_person_and_is_signed_out(world: World) -> None:
    paivi = signed_in.browser(world.paivi)
    sent = paivi.post(PAGE, {"successor": "new", "email": "uusi@koskela.example", "idempotency_key": "k1"})
    assert sent["Location"] == PAGE
    row = Handover.objects.get()
    assert row.invitation is not None
    assert mailed("invitation")[-1:] == ["new"]
    (running,) = page_model(paivi.get(PAGE), HandoverPage).running
    assert [task.is_done for task in running.tasks] == [True, False, False, False, False]
    paivi.post(f"{PAGE}/{row.id}/answer", {"step": "close", "idempotency_key": "k2"})
    assert Handover.objects.get().step == "cancelled"
    vilma = signed_in.browser(world.vilma)
    paivi.post(PAGE, {"successor": str(world.vilma.id), "idempotency_key": "k3"})
    second = Handover.objects.get(step="open")
    vilma.post(f"{PAGE}/{second.id}/answer", {"step": "accept", "idempotency_key": "k4"})
    done = paivi.post(f"{PAGE}/{second.id}/complete", {"fate": "leave", "idempotency_key": "k5"})
    assert done["Location"].startswith("/account/login")
    assert not paivi.is_signed_in
