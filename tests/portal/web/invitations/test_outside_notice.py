"""The other admins get a mail about an invitation to an address outside the organization's mail domains."""

import dataclasses
import re
from html import unescape

import pytest
from django.template.loader import render_to_string

from audit.foundation import clock
from delegation.authorization.errors import Denied, InvalidInput, NotFound
from delegation.domain_verifications import commands as domain_commands
from delegation.invitations import mail_domains
from delegation.organizations import commands as organizations_commands
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people.models import User
from portal.signin.customers import rate_limits
from portal.web.invitations import outside_notice
from provisioning.mail.models import Mail
from tests.fixtures import concurrency, queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, orderer_form, page_messages
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

PRIVATE = "sami.private@mailbox.example"
NOTIFIED = "The other admins get a mail: the address is outside your organization."


def invite(world: World, sender: Membership, email: str) -> str:
    """Invite on the page and return its sentence."""
    form = orderer_form(world, email=email, idempotency_key=email)
    form |= {"sites": [str(world.oulu.id)]}
    (sentence,) = page_messages(signed_in.browser(sender).post(f"{KOSKELA}/people/invite", form, follow=True))
    return sentence


def notices() -> list[tuple[str, str]]:
    """Give the recipient and the text of each notice."""
    return sorted(
        (queued_mails.recipient_of(mail), queued_mails.text_of(mail))
        for mail in Mail.objects.filter(purpose__startswith="invitation_notice")
    )


def test_invitation_of_a_private_mailbox_by_a_site_admin_is_mailed_to_all_admins(world: World) -> None:
    assert invite(world, world.sami, PRIVATE).endswith(NOTIFIED)
    sent = notices()
    assert [to for to, _ in sent] == ["aino@koskela.example", "paivi@koskela.example"]
    for _, text in sent:
        assert f"“Sami Lehto” (sami@koskela.example) invited {PRIVATE} to Rakennusliike Koskela Oy." in text
        assert "Oulu" in text
        assert "http://localhost:8000/o/koskela/people" in text


def test_form_sent_twice_at_the_same_time_sends_each_mail_once(world: World) -> None:
    form = orderer_form(world, email=PRIVATE, idempotency_key="k1") | {"sites": [str(world.oulu.id)]}
    browser = signed_in.browser(world.sami)

    def send() -> object:
        copy = BrowserClient()
        copy.cookies = browser.cookies
        return copy.post(f"{KOSKELA}/people/invite", form).status_code

    assert concurrency.run_concurrently(send, send, send) == [302, 302, 302]
    assert Mail.objects.filter(purpose="invitation").count() == 1
    assert [to for to, _ in notices()] == ["aino@koskela.example", "paivi@koskela.example"]


@pytest.mark.parametrize("purpose", ["invitation", "invitation_notice"])
def test_mail_lists_the_same_in_its_page_and_its_text(world: World, purpose: str) -> None:
    invite(world, world.sami, PRIVATE)
    mail = Mail.objects.filter(purpose=purpose)[:1].get()
    lines = [line[2:] for line in queued_mails.text_of(mail).splitlines() if line.startswith("- ")]
    page = unescape(queued_mails.html_of(mail))
    cells = re.findall(r'<td style="padding:2px 0;font-family:[^"]+">\s*(.+?)\s*</td>', page)
    assert lines == cells
    assert any("Oulu" in line for line in lines)


@pytest.mark.usefixtures("at_the_start_of_a_window")
def test_notices_beyond_the_daily_limit_are_collected_in_one_mail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site admin with 60 invitations a day would otherwise fill the mailboxes of all other admins."""
    monkeypatch.setattr(
        rate_limits, "INVITATION_NOTICE", dataclasses.replace(rate_limits.INVITATION_NOTICE, amount=2)
    )
    for number in range(6):
        assert invite(world, world.sami, f"{number}@mailbox.example").endswith(NOTIFIED)
    sent = notices()
    assert [to for to, _ in sent] == ["aino@koskela.example"] * 3 + ["paivi@koskela.example"] * 3
    collected = [
        text for _, text in sent if "Several more people outside your organization were invited" in text
    ]
    assert len(collected) == 2
    assert Mail.objects.filter(purpose="invitation_notices", due_at__gt=clock.now()).count() == 2


@pytest.mark.usefixtures("at_the_start_of_a_window")
def test_limit_of_notices_in_one_organization_leaves_the_other_ones_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        rate_limits, "INVITATION_NOTICE", dataclasses.replace(rate_limits.INVITATION_NOTICE, amount=1)
    )
    for number in range(2):
        invite(world, world.sami, f"{number}@mailbox.example")
    assert not rate_limits.take(
        (rate_limits.INVITATION_NOTICE, f"{world.paivi.user_id} {world.pohjola.id}")
    ).wait
    assert rate_limits.take((rate_limits.INVITATION_NOTICE, f"{world.paivi.user_id} {world.koskela.id}")).wait


def test_mail_that_waits_about_another_organization_is_no_mail_about_this_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        rate_limits, "INVITATION_NOTICE", dataclasses.replace(rate_limits.INVITATION_NOTICE, amount=1)
    )
    for number in range(2):
        invite(world, world.sami, f"{number}@mailbox.example")
    with bypassing_commands():
        Mail.objects.filter(purpose="invitation_notices").update(organization=world.pohjola.id)
    invite(world, world.sami, "2@mailbox.example")
    waiting = Mail.objects.filter(purpose="invitation_notices", due_at__gt=clock.now())
    assert waiting.filter(organization=world.koskela.id).count() == 2


def test_sender_gets_no_notice_of_the_own_invitation(world: World) -> None:
    invite(world, world.aino, PRIVATE)
    assert [to for to, _ in notices()] == ["paivi@koskela.example"]


def test_invitation_inside_the_domains_sends_no_notice(world: World) -> None:
    assert NOTIFIED not in invite(world, world.sami, "new@koskela.example")
    organizations_commands.set_mail_domains(
        actor=world.system, organization=world.koskela, domains=["@Mailbox.example", "koskela-group.example"]
    )
    domain_commands.verify(actor=world.system, organization=world.koskela, domain="mailbox.example")
    invite(world, world.sami, PRIVATE)
    assert notices() == []
    invite(world, world.sami, "second@koskela.example")
    assert len(notices()) == 2


def test_domains_of_admins_beyond_the_number_of_notified_ones_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_domains, "_MAX_NOTIFIED", 1)
    with bypassing_commands():
        User.objects.filter(id=world.paivi.user_id).update(email="paivi@koskela-group.example")
    for domain in ("koskela.example", "koskela-group.example"):
        assert NOTIFIED not in invite(world, world.sami, f"new@{domain}")
    assert NOTIFIED in invite(world, world.aino, PRIVATE)
    assert [to for to, _ in notices()] == ["paivi@koskela-group.example"]


@pytest.mark.parametrize(("languages", "number"), [(("fi", "fi"), 1), (("fi", "en"), 2)])
def test_notice_is_written_once_for_each_language(
    world: World, monkeypatch: pytest.MonkeyPatch, languages: tuple[str, str], number: int
) -> None:
    with bypassing_commands():
        for admin, language in zip((world.aino, world.paivi), languages, strict=True):
            User.objects.filter(id=admin.user_id).update(language=language)
    rendered = []

    def count(template: str, values: dict[str, object]) -> str:
        rendered.append(template)
        return render_to_string(template, values)

    monkeypatch.setattr(outside_notice, "render_to_string", count)
    invite(world, world.sami, PRIVATE)
    assert rendered.count("mail/invitations/outside_message.txt") == number
    english = [f" invited {PRIVATE} to " in text for _, text in notices()]
    assert english == [language == "en" for language in languages]


def test_domain_that_an_admin_adds_hides_no_invitation_before_it_is_verified(world: World) -> None:
    for member, refused in ((world.sami, Denied), (world.stina, NotFound)):
        with pytest.raises(refused):
            organizations_commands.set_mail_domains(
                actor=actor_of(member), organization=world.koskela, domains=["mailbox.example"]
            )
    organizations_commands.set_mail_domains(
        actor=actor_of(world.aino), organization=world.koskela, domains=["koskela.example", "mailbox.example"]
    )
    assert NOTIFIED in invite(world, world.sami, PRIVATE)
    assert NOTIFIED not in invite(world, world.sami, "new@koskela.example")


@pytest.mark.parametrize("domain", ["", "no domain", "a@b.example", "192.0.2.1"])
def test_text_that_names_no_domain_is_refused(world: World, domain: str) -> None:
    with pytest.raises(InvalidInput):
        organizations_commands.set_mail_domains(
            actor=world.system, organization=world.koskela, domains=[domain]
        )
    assert Organization.objects.get(id=world.koskela.id).mail_domains == []
