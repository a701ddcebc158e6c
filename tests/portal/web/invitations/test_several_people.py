"""Several people are invited by one form: who gets an invitation is shown first, and left out only visibly."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from delegation.invitations.models import Invitation
from portal.web.invitations.recipient_rows import Recipients
from portal.web.invitations.send import InvitePage
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, orderer_form, page_messages, page_model, person_path
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

INVITE = f"{KOSKELA}/people/invite"
SOME_OUTSIDE = "The other admins get a mail: some of the addresses are outside your organization."
PASTED = """Liisa Hämäläinen <liisa@koskela.example>
t.kask@koskela.example; mikko@koskela.example
olga@rakennuspalvelu.example"""


def preview(browser: BrowserClient, form: dict[str, object]) -> Recipients:
    return page_model(browser.post(INVITE, {**form, "do": "preview"}), InvitePage).recipients


def open_emails() -> dict[str, str]:
    """The names of the invited people by address."""
    return dict(Invitation.objects.filter(accepted_at=None).values_list("email", "name"))


def test_preview_names_who_gets_an_invitation_and_who_does_not(world: World) -> None:
    found = preview(signed_in.browser(world.aino), orderer_form(world, email=PASTED))
    assert [(row.kind, row.email) for row in found.rows] == [
        ("outside", "olga@rakennuspalvelu.example"),
        ("new", "liisa@koskela.example"),
        ("new", "t.kask@koskela.example"),
        ("skip", "mikko@koskela.example"),
    ]
    assert found.rows[-1].text == "Mikko Laine is here already."
    assert (found.rows[-1].link, found.rows[-1].url) == ("Change access", person_path(world.mikko, "access"))
    assert found.button == "Send 3 invitations"
    assert found.summary == "3 people, 1 outside your organization."
    assert open_emails() == {}


def test_preview_with_a_wrong_address_says_why_it_names_nobody(world: World) -> None:
    browser = signed_in.browser(world.aino)
    hint = "Correct the e-mail addresses to see who gets an invitation."

    wrong = browser.post(INVITE, orderer_form(world, email="liisa@koskela.example; olli@", do="preview"))
    right = browser.post(INVITE, orderer_form(world, email="liisa@koskela.example", do="preview"))

    assert hint in wrong.content.decode()
    assert hint not in right.content.decode()


def test_preview_of_too_many_people_looks_none_of_them_up(world: World) -> None:
    browser = signed_in.browser(world.aino)
    many = " ".join(f"a{place}@koskela.example" for place in range(101))
    page = page_model(browser.post(INVITE, orderer_form(world, email=many, do="preview")), InvitePage)
    assert page.form.errors["email"] == ["Invite at most 100 people at a time."]
    assert page.recipients.rows == ()


def test_name_that_is_too_long_is_an_error_at_the_field_in_preview_and_form(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, email=f"{'A' * 201} <a@koskela.example>, b@koskela.example")
    for do in ("preview", ""):
        page = page_model(browser.post(INVITE, {**form, "do": do}), InvitePage)
        (error,) = page.form.errors["email"]
        assert error == f"“{'A' * 59}…” is not a name. This is too long: 200 characters at most."
    assert open_emails() == {}


def test_people_are_left_out_only_after_the_sender_has_seen_it(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, email=PASTED)
    shown = page_model(browser.post(INVITE, form), InvitePage)
    (error,) = shown.form.errors["email"]
    assert str(error).startswith("1 of these people cannot be invited. No invitation was sent.")
    assert open_emails() == {}
    seen = {**form, "left_out": list(shown.recipients.left_out)}
    assert page_messages(browser.post(INVITE, seen, follow=True)) == [
        f"3 invitations are being sent. {SOME_OUTSIDE}"
    ]
    assert open_emails() == {
        "liisa@koskela.example": "Liisa Hämäläinen",
        "t.kask@koskela.example": "",
        "olga@rakennuspalvelu.example": "",
    }


def test_form_sent_twice_invites_several_people_once(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, email="a@koskela.example, b@koskela.example")
    assert page_messages(browser.post(INVITE, form, follow=True)) == ["2 invitations are being sent."]
    assert page_messages(browser.post(INVITE, form, follow=True)) == ["The invitation has already been sent."]
    assert Mail.objects.filter(purpose="invitation").count() == 2


def test_each_person_gets_a_link_of_their_own(world: World) -> None:
    browser = signed_in.browser(world.aino)
    browser.post(INVITE, orderer_form(world, email="a@koskela.example, b@koskela.example"))
    mails = [queued_mails.text_of(mail) for mail in Mail.objects.filter(purpose="invitation")]
    assert sum("only for a@koskela.example" in text for text in mails) == 1
    assert sum("only for b@koskela.example" in text for text in mails) == 1
    assert len({line for text in mails for line in text.splitlines() if "/invitations/" in line}) == 2


def test_admins_get_one_notice_about_all_outside_addresses(world: World) -> None:
    email = "a@one.example, b@koskela.example, c@two.example"
    signed_in.browser(world.aino).post(INVITE, orderer_form(world, email=email))
    (notice,) = Mail.objects.filter(purpose="invitation_notice")
    text = queued_mails.text_of(notice)
    assert "invited a@one.example and c@two.example to Rakennusliike Koskela Oy." in text
    assert "These people will be able to:" in text


@pytest.mark.parametrize("number", [2, 20])
def test_sending_takes_the_same_statements_for_any_number_of_people(world: World, number: int) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, email=" ".join(f"a{place}@out.example" for place in range(number)))
    with CaptureQueriesContext(connection) as captured:
        assert browser.post(INVITE, form).status_code == 302
    assert len(captured) == SEND_STATEMENTS
    assert Mail.objects.filter(purpose="invitation").count() == number


SEND_STATEMENTS = 72
"""Of the page that sends, with its mails and notices."""


def test_site_admin_of_one_site_needs_not_choose_it(world: World) -> None:
    page = page_model(signed_in.browser(world.sami).get(INVITE), InvitePage)
    assert page.form["where"].value() == "some"
    assert page.form["sites"].value() == [str(world.oulu.id)]
