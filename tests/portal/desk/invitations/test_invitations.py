"""Support reads every open invitation of a customer, with the delivery of its mail, and sends none."""

import pytest

from audit.foundation import clock
from audit.models import Event
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation
from portal.desk.invitations.context import InvitationsPage
from portal.web.invitations import mail as invitations_mail
from provisioning.mail.models import Mail
from tests.fixtures.events import body
from tests.fixtures.pages import count_statements, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import actor_of, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/staff/organizations/koskela/invitations/"
STATEMENTS = 14


def list_page(desk: Desk, query: str = "", role: str = "support") -> InvitationsPage:
    return page_model(desk.browser(role).get(URL + query), InvitationsPage)


def invited(desk: Desk, email: str, name: str = "", *, mailed: bool = True) -> Invitation:
    world = desk.world
    invitation, link = world.invite(
        world.koskela, email, world.access("orderer", sites=[world.tampere]), name=name
    )
    if mailed:
        invitations_mail.queue_for_links([link], at=clock.now())
    return invitation


def test_each_open_invitation_is_shown_with_sender_access_and_mail(desk: Desk) -> None:
    world = desk.world
    returned = invited(desk, "nea@koskela.example", "Nea Uusi")
    oona = invited(desk, "oona@koskela.example")
    with bypassing_commands():
        Invitation.objects.filter(id=oona.id).update(invited_by=world.aino.user_id, invited_by_kind="person")
    cancelled = invited(desk, "gone@koskela.example")
    invitations_send.cancel(actor=actor_of(world.aino), invitations=[cancelled])
    with bypassing_commands():
        Mail.objects.filter(about=returned.id).update(failed_at=clock.now())
    page = list_page(desk)
    assert page.summary == "2 pending invitations"
    waiting, nea = page.rows
    assert (nea.email, nea.name, nea.state, nea.tone) == (
        "nea@koskela.example",
        "Nea Uusi",
        "Mail not delivered",
        "failed",
    )
    assert nea.mail.startswith("Mail returned or given up ")
    assert nea.offered.startswith("Orderer, ")
    assert nea.offered.endswith("Tampere")
    assert (waiting.sender, waiting.state, waiting.tone) == ("Aino Virtanen", "Waits for an answer", "")
    assert waiting.mail.startswith("Mail waits since ")
    assert waiting.ends.startswith("Expires ")


def test_expired_invitation_of_the_supplier_is_shown_as_expired_and_sent(desk: Desk) -> None:
    invitation = invited(desk, "nea@koskela.example")
    with bypassing_commands():
        Invitation.objects.filter(id=invitation.id).update(invited_by_kind="staff")
        Mail.objects.filter(about=invitation.id).update(sent_at=clock.now())
    move_clock(8 * 24 * 3600)
    (row,) = list_page(desk).rows
    assert (row.sender, row.state, row.tone) == ("Kivisalo", "Expired", "differs")
    assert row.ends.startswith("Expired ")
    assert row.mail.startswith("Mail sent ")


def test_search_finds_address_name_and_site_and_another_customer_s_are_not_listed(desk: Desk) -> None:
    world = desk.world
    invited(desk, "nea@koskela.example", "Nea Uusi")
    world.invite(world.pohjola, "olga@pohjola.example", world.access("viewer"))
    assert [row.email for row in list_page(desk).rows] == ["nea@koskela.example"]
    for text in ("uusi", "nea@", "tampere"):
        assert len(list_page(desk, f"?q={text}").rows) == 1, text
    assert (list_page(desk, "?q=olga").rows, list_page(desk, "?q=olga").summary) == ([], "0 matches")


def test_reading_is_in_the_customers_log_and_no_form_changes_an_invitation(desk: Desk) -> None:
    invited(desk, "nea@koskela.example")
    answer = desk.browser("auditor").get(URL)
    _frame, main = answer.content.split(b"<main", 1)
    assert b'method="post"' not in main
    event = Event.objects.filter(verb="customer_data.read").latest("at")
    assert (event.chain, body(event)["facts"]["page"]) == (desk.world.koskela.id, "invitations")


def test_list_takes_as_many_statements_for_one_as_for_many_and_has_pages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = desk.browser("support")
    invited(desk, "a0@koskela.example")
    browser.get(URL)
    assert count_statements(browser, URL) == STATEMENTS
    for number in range(1, 4):
        invited(desk, f"a{number}@koskela.example")
    assert count_statements(browser, URL) == STATEMENTS
    monkeypatch.setattr("delegation.invitations.open_invitations.PAGE_SIZE", 3)
    first = list_page(desk)
    assert [row.email[:2] for row in first.rows] == ["a3", "a2", "a1"]
    second = list_page(desk, first.pager.next_url.removeprefix(URL))
    assert [row.email[:2] for row in second.rows] == ["a0"]
    back = list_page(desk, second.pager.previous_url.removeprefix(URL))
    assert (back.rows, back.pager.previous_url, second.pager.next_url) == (first.rows, "", "")
