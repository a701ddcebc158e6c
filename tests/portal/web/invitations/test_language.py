"""The language of an invitation: its mail, the page of its link and the new person follow it."""

import pytest

from audit.models import Event
from delegation.activity import queries as activity_queries
from delegation.invitations.models import Invitation
from identity.organizations.models import Organization
from identity.people.models import User
from portal.web.invitations.send import InvitePage
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, orderer_form, page_model, visible_text
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

INVITE = f"{KOSKELA}/people/invite"
ADDRESS = "liisa@koskela.example"


def test_invitation_starts_with_the_language_of_the_organization(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert page_model(browser.get(INVITE), InvitePage).form["language"].value() == "en"
    with bypassing_commands():
        Organization.objects.filter(id=world.koskela.id).update(language="fi")
    assert page_model(browser.get(INVITE), InvitePage).form["language"].value() == "fi"
    browser.post(INVITE, orderer_form(world, email=ADDRESS))
    assert Invitation.objects.get(email=ADDRESS).language == "fi"


def test_mail_page_and_new_person_follow_the_chosen_language(world: World) -> None:
    form = orderer_form(world, email=ADDRESS, language="fi", tier="viewer")
    signed_in.browser(world.aino).post(INVITE, form)
    assert "kutsuu sinut" in queued_mails.invitation_text()
    path, newcomer = f"/invitations/{queued_mails.invitation_token()}", BrowserClient()
    assert "Hyväksy kutsu" in visible_text(newcomer.get(path))
    newcomer.post(path, {"name": "Liisa Ranta", "password": "violet lamps on water"})
    assert User.objects.get(email=ADDRESS).language == "fi"


def test_newcomer_after_another_person_in_the_same_browser_gets_the_language_of_the_invitation(
    world: World,
) -> None:
    form = orderer_form(world, email=ADDRESS, language="en", tier="viewer")
    signed_in.browser(world.aino).post(INVITE, form)
    path, newcomer = f"/invitations/{queued_mails.invitation_token()}", BrowserClient()
    newcomer.cookies["kh-language"] = "fi"
    assert "Accept invitation" in visible_text(newcomer.get(path))
    newcomer.post(path, {"name": "Liisa Ranta", "password": "violet lamps on water"})
    assert User.objects.get(email=ADDRESS).language == "en"


def test_pasted_addresses_all_get_the_chosen_language(world: World) -> None:
    form = orderer_form(world, email=f"{ADDRESS}, olli.aho@koskela.example", language="fi")
    signed_in.browser(world.aino).post(INVITE, form)
    mails = [queued_mails.text_of(mail) for mail in Mail.objects.filter(purpose="invitation")]
    assert ["kutsuu sinut" in text for text in mails] == [True, True]


def test_unknown_language_is_an_error_at_its_field(world: World) -> None:
    answer = signed_in.browser(world.aino).post(INVITE, orderer_form(world, email=ADDRESS, language="xx"))
    errors = page_model(answer, InvitePage).form.errors
    assert errors == {"language": ["This is not one of the choices. Choose again."]}


def test_event_holds_the_language_and_its_sentence_names_it(world: World) -> None:
    browser = signed_in.browser(world.aino)
    browser.post(INVITE, orderer_form(world, email=ADDRESS, language="fi"))
    row = Event.objects.filter(verb="member.invite").latest("at")
    (event,) = activity_queries.of_act(organization=world.koskela.id, act=row.act, verb="member.invite")
    assert event.after["language"] == "fi"
    assert "mail in Finnish" in visible_text(browser.get(f"{KOSKELA}/activity"))
