"""The last day of an access, in every place that describes the access."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from audit.foundation import clock
from delegation.authorization.models.assignments import Assignment
from delegation.invitations.models import Invitation
from identity.people.models import User
from portal.web.access.context import AccessPage
from portal.web.invitations.context import AcceptPage
from portal.web.invitations.send import InvitePage
from portal.web.people.detail_context import PersonPage
from portal.web.people.list_context import PeoplePage
from portal.web.people.pending_invitations import CancelInvitationPage
from portal.web.people.removal_context import RemovalPage
from tests.fixtures import queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, orderer_form, page_model, person_path, plain, visible_text
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = "Order in the web shop"


@pytest.fixture
def day() -> dt.date:
    return (clock.now() + dt.timedelta(days=400)).date()


def shown_day(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"


def test_end_of_offered_access_is_shown_wherever_the_invitation_is(world: World, day: dt.date) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, until=day.isoformat(), email="liisa@koskela.example")
    preview = page_model(browser.post(f"{KOSKELA}/people/invite", {**form, "do": "preview"}), InvitePage)
    gained = f"{ORDERS}, up to 2 000 € an order, at Tampere, until {shown_day(day)}"
    assert gained in map(plain, preview.effect.gains)
    sent = browser.post(f"{KOSKELA}/people/invite", form, follow=True)
    (pending,) = page_model(sent, PeoplePage).invitations.rows
    assert plain(pending.sub).startswith(f"Orderer, up to 2 000 €, Tampere, until {shown_day(day)}. Expires")
    accept = page_model(BrowserClient().get(f"/invitations/{queued_mails.invitation_token()}"), AcceptPage)
    assert accept.ends == f"This access ends on {shown_day(day)}."
    assert accept.ends in queued_mails.invitation_text()
    invitation = Invitation.objects.get(email="liisa@koskela.example")
    cancel = browser.get(f"{KOSKELA}/people/invitations/{invitation.id}/cancel")
    offered = page_model(cancel, CancelInvitationPage).offered
    assert plain(offered) == f"Orderer, up to 2 000 €, Tampere, until {shown_day(day)}"


def test_earlier_end_is_a_change_in_the_preview(world: World, day: dt.date) -> None:
    change = orderer_form(world, until=day.isoformat(), do="preview")
    answer = signed_in.browser(world.aino).post(person_path(world.mikko, "access"), change)
    swaps = [plain(swap.text) for swap in page_model(answer, AccessPage).effect.swaps]
    assert swaps == [
        f"{ORDERS}, <b>up to 2 000 € an order</b> instead of 5 000 €",
        f"Ends after <b>{shown_day(day)}</b>",
    ]


def test_end_of_present_access_is_shown_wherever_the_access_is(world: World, day: dt.date) -> None:
    browser = signed_in.browser(world.aino)
    browser.post(person_path(world.mikko, "access"), orderer_form(world, until=day.isoformat()))
    held = f"Orderer, up to 2 000 €, Tampere, until {shown_day(day)}"
    panel = page_model(browser.get(person_path(world.mikko, "access")), AccessPage)
    assert plain(panel.now_sentence) == f"Now: {held}"
    leaver = page_model(browser.get(person_path(world.mikko, "remove")), RemovalPage).leaver
    assert leaver is not None
    assert held in plain(leaver.access)
    people = page_model(browser.get(f"{KOSKELA}/people"), PeoplePage).people
    (mikko,) = [person for person in people if person.name == "Mikko Laine"]
    assert plain(mikko.limit) == f"up to 2 000 €, until {shown_day(day)}"
    rights = page_model(browser.get(person_path(world.mikko)), PersonPage).rights
    assert f"Tampere, until {shown_day(day)}" in {right.where for right in rights}
    world.remove(world.mikko)
    restore = page_model(browser.get(person_path(world.mikko, "restore")), AccessPage)
    assert plain(restore.now_sentence).startswith(f"Previous access: {held}")
    assert plain(str(restore.form["until"].value())) == shown_day(day)


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Nowhere/Land"])
def test_day_is_the_organization_s_for_every_reader(world: World, day: dt.date, zone: str) -> None:
    """Helsinki's: the person who enters the day may live where it is another one, or read a page there."""
    with bypassing_commands():
        User.objects.filter(id__in=[world.aino.user_id, world.mikko.user_id]).update(time_zone=zone)
    form = orderer_form(world, until=day.isoformat(), email="liisa@koskela.example")
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo("Europe/Helsinki"))
    browser = signed_in.browser(world.aino)
    browser.post(person_path(world.mikko, "access"), form)
    assert Assignment.objects.get(membership=world.mikko, valid_until__gt=clock.now()).valid_until == end
    browser.post(f"{KOSKELA}/people/invite", {**form, "idempotency_key": "a2"})
    assert Invitation.objects.get(email="liisa@koskela.example").access_until == end
    assert f"This access ends on {shown_day(day)}." in queued_mails.invitation_text()
    for reader in (browser, signed_in.browser(world.paivi)):
        panel = page_model(reader.get(person_path(world.mikko, "access")), AccessPage)
        assert plain(panel.now_sentence).endswith(f"until {shown_day(day)}")
        assert plain(str(panel.form["until"].value())) == shown_day(day)
        page = page_model(reader.get(f"{KOSKELA}/people"), PeoplePage)
        assert [row.limit for row in page.people if shown_day(day) in plain(row.limit)]
        assert shown_day(day) in plain(page.invitations.rows[0].sub)
        assert shown_day(day) in visible_text(reader.get(f"{KOSKELA}/activity"))
