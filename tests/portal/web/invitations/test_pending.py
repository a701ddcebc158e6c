"""Pending invitations in the list: resent, renewed and cancelled."""

import pytest

from audit.foundation import clock
from delegation.invitations.models import Invitation
from portal.web.people.list_context import PeoplePage
from portal.web.people.pending_invitations import CancelInvitationPage, InvitationRow
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, page_messages, page_model, visible_text
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

RESEND = f"{KOSKELA}/people/invitations"


@pytest.fixture
def pending(world: World) -> tuple[Invitation, str]:
    """Give a pending invitation with the token of its link."""
    return world.invite(world.koskela, "kadri@koskela.example", world.access("viewer"))


def form(invitation: Invitation, key: str) -> dict[str, str]:
    return {"do": f"resend:{invitation.id}", "idempotency_key": key}


def row_of(browser: BrowserClient) -> InvitationRow:
    (row,) = page_model(browser.get(f"{KOSKELA}/people"), PeoplePage).invitations.rows
    return row


def test_invitation_resent_within_a_minute_is_refused_with_a_message(
    world: World, pending: tuple[Invitation, str]
) -> None:
    browser = signed_in.browser(world.aino)
    answer = browser.post(RESEND, form(pending[0], "b1"), follow=True)
    sentence = "This invitation was sent less than a minute ago. It was not sent again."
    assert page_messages(answer) == [f"{sentence} Try again in a minute."]
    move_clock(61)
    sent = browser.post(RESEND, form(pending[0], "b1"), follow=True)
    assert page_messages(sent) == ["The invitation to kadri@koskela.example is being sent."]


def test_expired_invitation_is_marked_and_renewed(world: World, pending: tuple[Invitation, str]) -> None:
    invitation, _ = pending
    move_clock(8 * 24 * 3600)
    browser = signed_in.browser(world.aino)
    row = row_of(browser)
    assert row.tag is not None
    assert (row.tag.text, row.may_renew, row.may_resend) == ("Expired", True, False)
    assert f"resend:{invitation.id}" in browser.get(f"{KOSKELA}/people").content.decode()
    browser.post(RESEND, form(invitation, "b2"))
    invitation.refresh_from_db()
    assert invitation.expires_at > clock.now()
    assert (row_of(browser).tag, row_of(browser).may_resend) == (None, True)


def test_cancel_page_asks_and_its_form_cancels_the_invitation(
    world: World, pending: tuple[Invitation, str]
) -> None:
    invitation, token = pending
    browser = signed_in.browser(world.aino)
    url = row_of(browser).cancel_url
    question = browser.get(url)
    assert "The link in the mail stops working." in visible_text(question)
    assert page_model(question, CancelInvitationPage).cancel_url == url
    invitation.refresh_from_db()
    assert invitation.cancelled_at is None
    cancelled = browser.post(url, follow=True)
    assert page_messages(cancelled) == ["The invitation to kadri@koskela.example is cancelled."]
    assert BrowserClient().get(f"/invitations/{token}").status_code == 410
    for answer in (browser.get(url, follow=True), browser.post(url, follow=True)):
        assert page_messages(answer) == ["That invitation is no longer pending."]
