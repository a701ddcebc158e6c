"""The last day of an access, in every place that describes the access."""

import datetime as dt

import pytest

from audit.foundation import clock
from delegation.invitations.models import Invitation
from portal.web.access.context import AccessPage
from portal.web.invitations.context import AcceptPage
from portal.web.invitations.send import InvitePage
from portal.web.people.detail_context import PersonPage
from portal.web.people.list_context import PeoplePage
from portal.web.people.pending_invitations import CancelInvitationPage
from portal.web.people.removal_context import RemovalPage
from tests.fixtures import queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, orderer_form, page_model, person_path, plain
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = "order in the web shop"


@pytest.fixture
def day() -> dt.date:
    return (clock.now() + dt.timedelta(days=400)).date()


def shown(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"


def test_end_of_offered_access_is_shown_wherever_the_invitation_is(world: World, day: dt.date) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, until=day.isoformat(), email="liisa@koskela.example")
    preview = page_model(browser.post(f"{KOSKELA}/people/invite", {**form, "do": "preview"}), InvitePage)
    assert f"{ORDERS}, up to 2 000 € an order, at Tampere, until {shown(day)}" in map(
        plain, preview.effect.gains
    )
    (pending,) = page_model(browser.post(f"{KOSKELA}/people/invite", form), PeoplePage).invitations
    assert plain(pending.sub).startswith(f"Orderer, up to 2 000 €, Tampere, until {shown(day)}. Expires")
    accept = page_model(BrowserClient().get(f"/invitations/{queued_mails.invitation_token()}"), AcceptPage)
    assert accept.ends == f"This access ends on {shown(day)}."
    assert accept.ends in queued_mails.invitation_text()
    invitation = Invitation.objects.get(email="liisa@koskela.example")
    cancel = browser.get(f"{KOSKELA}/people/invitations/{invitation.id}/cancel")
    offered = page_model(cancel, CancelInvitationPage).offered
    assert plain(offered) == f"Orderer, up to 2 000 €, Tampere, until {shown(day)}"


def test_earlier_end_is_a_loss_in_the_preview(world: World, day: dt.date) -> None:
    change = orderer_form(world, until=day.isoformat(), do="preview")
    answer = signed_in.browser(world.aino).post(person_path(world.mikko, "access"), change)
    losses = [plain(line) for line in page_model(answer, AccessPage).effect.losses]
    assert f"{ORDERS} up to 5 000 € an order, only up to 2 000 €" in losses
    assert any(line.startswith(f"{ORDERS} after {shown(day)}") for line in losses)


def test_end_of_present_access_is_shown_wherever_the_access_is(world: World, day: dt.date) -> None:
    browser = signed_in.browser(world.aino)
    browser.post(person_path(world.mikko, "access"), orderer_form(world, until=day.isoformat()))
    held = f"Orderer, up to 2 000 €, Tampere, until {shown(day)}"
    panel = page_model(browser.get(person_path(world.mikko, "access")), AccessPage)
    assert plain(panel.now_sentence) == f"Now: {held}"
    leaver = page_model(browser.get(person_path(world.mikko, "remove")), RemovalPage).leaver
    assert leaver is not None
    assert held in plain(leaver.work)
    people = page_model(browser.get(f"{KOSKELA}/people"), PeoplePage).people
    (mikko,) = [person for person in people if person.name == "Mikko Laine"]
    assert plain(mikko.limit) == f"up to 2 000 €, until {shown(day)}"
    rights = page_model(browser.get(person_path(world.mikko)), PersonPage).rights
    assert f"Tampere, until {shown(day)}" in {right.where for right in rights}
    world.remove(world.mikko)
    restore = page_model(browser.get(person_path(world.mikko, "restore")), AccessPage)
    assert plain(restore.now_sentence).startswith(f"Previous access: {held}")
    assert plain(str(restore.form["until"].value())) == shown(day)
