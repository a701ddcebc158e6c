"""The mail of an invitation: a person's text makes no subject and no link of it."""

import email
import sys
import unicodedata

import pytest

from audit.foundation import encryption
from identity.people.models import User
from portal.templatetags import kh
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.world import World

LURE = "Your order is blocked, see evil.example"


def test_invitation_mail_quotes_the_sender_and_names_only_the_organization_in_its_subject(
    world: World,
) -> None:
    with worlds.bypassing_commands():
        User.objects.filter(pk=world.aino.user_id).update(name=LURE)
    sent = {"email": "n@koskela.example", "name": "Pay at once", "tier": "viewer", "where": "all"}
    signed_in.browser(world.aino).post("/o/koskela/people/invite", sent)
    row = Mail.objects.get(purpose="invitation")
    message = email.message_from_bytes(encryption.decrypt_secret(data=row.body, context=row.id.bytes))
    assert message["Subject"] == f"Your invitation to {world.koskela.name}"
    text = queued_mails.text_of(row)
    assert f"“{kh.quoted(LURE)}”" in text
    assert "evil.example" not in text
    assert "Pay at once" not in text


@pytest.mark.parametrize("text", ["evil.example", "http://x", "a@b.example", "www.evil.example/pay"])
def test_quoted_text_has_no_address_that_a_mail_program_finds(text: str) -> None:
    shown = kh.quoted(text)
    assert text not in shown
    assert shown.replace("\u2060", "") == text


def test_quoted_text_does_not_end_its_quotation() -> None:
    marks = [
        mark
        for mark in map(chr, range(sys.maxunicode + 1))
        if "QUOTATION MARK" in (name := unicodedata.name(mark, ""))
        and not name.startswith("TAG ")
        and "SINGLE" not in name
    ]
    assert set('"\u201c\u201d\u201e\u00ab\u00bb') < set(marks)
    assert [
        mark for mark in marks if kh.quoted(f"Olli{mark} (it@koskela)") != kh.quoted("Olli' (it@koskela)")
    ] == []
    assert kh.quoted("Niamh O\u2019Brien") == "Niamh O\u2019Brien"


def test_quoted_text_is_short() -> None:
    assert len(kh.quoted("x" * 200)) == 60
    assert kh.quoted("St. Mary & Co.") == "St. Mary & Co."
