"""Mails that come back: refused at once by the relay, or reported later to the sender's address."""

import contextlib
import datetime as dt
import io
import mailbox
import os
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from audit.foundation import clock
from audit.models import Event
from delegation.acts import locks
from delegation.invitations.commands import accept as invitations_accept
from identity.people import addresses
from identity.people.models import User
from provisioning.delivery.engine import Engine
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask
from provisioning.mail import bounces, delivery_status, queue
from provisioning.mail.delivery import MailDeliveries, MailOutcome
from provisioning.mail.delivery_status import DeliveryStatusReport
from provisioning.mail.models import Mail
from tests.fixtures import mail_relay as relays
from tests.fixtures.browser_client import Visitor
from tests.fixtures.deliveries import eventually
from tests.fixtures.recovery import recovery_link
from tests.fixtures.world import World, actor_of, by_hand

Start = Callable[[], Engine]
OURS = "<0199a1b2-0000-7000-8000-000000000001@keyholder.example>"


HIS = frozenset({"mikko@koskela.example"})


def postfix(
    message_id: str, *, to: str = "mikko@koskela.example", status: str = "5.1.1", action: str = "failed"
) -> bytes:
    """With the headers alone of what came back."""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.koskela.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: no-reply@keyholder.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"
Message-Id: <20261122.ABC@mx.koskela.example>

--B1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.koskela.example
X-Postfix-Queue-ID: 4XyZ
Arrival-Date: Sun, 22 Nov 2026 01:02:03 +0000 (UTC)

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Remote-MTA: dns; inner.koskela.example
Diagnostic-Code: smtp; 550 {status} <{to}>: Recipient address rejected

--B1
Content-Type: text/rfc822-headers

Return-Path: <no-reply@keyholder.example>
From: Keyholder <no-reply@keyholder.example>
To: {to}
Message-ID: {message_id}
Subject: =?utf-8?q?Tervetuloa?=

--B1--
""".encode()


def exchange(message_id: str, *, to: str = "Mikko@koskela.example") -> bytes:
    """With the whole mail, line ends as on the wire, names of headers in capitals."""
    text = f"""\
MIME-VERSION: 1.0
FROM: postmaster@tenant.example
SUBJECT: Undeliverable: Hello
CONTENT-TYPE: multipart/report; boundary="_X_"; report-type="delivery-status"

--_X_
CONTENT-TYPE: multipart/alternative; boundary="_Y_"

--_Y_
Content-Type: text/html; charset="us-ascii"

<p>Your message to <b>mikko</b> couldn't be delivered.</p>
--_Y_--

--_X_
CONTENT-TYPE: MESSAGE/DELIVERY-STATUS

Reporting-MTA: dns;AM0PR01.prod.example

Final-recipient: RFC822;{to}
Action: FAILED
Status: 5.1.10

--_X_
CONTENT-TYPE: message/rfc822

Received: from a by b
From: Keyholder <no-reply@keyholder.example>
Message-ID:
 {message_id}
Content-Type: text/plain

Hei
--_X_--
"""
    return text.replace("\n", "\r\n").encode()


def several(message_id: str) -> bytes:
    """One recipient expanded to two: the one is delayed, the other is not there."""
    return postfix(message_id).replace(
        b"Final-Recipient",
        b"Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1\n\nFinal-Recipient",
        1,
    )


@pytest.mark.parametrize("make", [postfix, exchange, several])
def test_a_report_is_read(make: Callable[[str], bytes]) -> None:
    assert delivery_status.read(make(OURS)) == DeliveryStatusReport(OURS, failed=HIS, dead=HIS)


def test_a_report_says_of_each_recipient_what_became_of_it() -> None:
    """As we named it, and as it was in the end; an address of another kind is none of ours."""
    raw = postfix(OURS).replace(
        b"Final-Recipient: rfc822; mikko@koskela.example\n",
        b"Final-Recipient: x400; /CN=full/\nOriginal-Recipient: rfc822; <Full@koskela.example>\n"
        b"Action: failed\nStatus: 5.2.2\n\nFinal-Recipient: rfc822; mikko@home.example\n",
    )
    his = HIS | {"mikko@home.example"}
    assert delivery_status.read(raw) == DeliveryStatusReport(
        OURS, failed=his | {"full@koskela.example"}, dead=his
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("5.1.1", True), ("5.1.2", True), ("5.1.3", True), ("5.1.6", True), ("5.1.10", True), ("5.2.1", True),
        ("5.0.0", False), ("5.1.0", False), ("5.1.7", False), ("5.1.8", False), ("5.2.2", False), ("5.3.4", False),
        ("5.4.4", False), ("5.4.6", False), ("5.4.7", False), ("5.6.0", False), ("5.7.1", False),
    ],
)  # fmt: skip
def test_only_some_failures_are_the_addresses(status: str, expected: bool) -> None:  # noqa: FBT001 - a case
    dead = HIS if expected else frozenset()
    assert delivery_status.read(postfix(OURS, status=status)) == DeliveryStatusReport(
        OURS, failed=HIS, dead=dead
    )


def autoreply() -> bytes:
    return postfix(OURS).replace(b"multipart/report; report-type=delivery-status;", b"multipart/mixed;")


def quoted() -> bytes:
    """Somebody who writes what a report says."""
    message = EmailMessage()
    message["Subject"] = "Undelivered Mail Returned to Sender"
    message.set_content(postfix(OURS).decode())
    return message.as_bytes()


NOTHING = {
    "later": postfix(OURS, status="4.2.2"),
    "delayed": postfix(OURS, action="delayed", status="4.4.1"),
    "delivered": postfix(OURS, action="delivered", status="2.0.0"),
    "failed for now": postfix(OURS, action="failed", status="4.4.7"),
    "no report": autoreply(),
    "quoted": quoted(),
    "no Message-ID": postfix(OURS).replace(b"Message-ID: ", b"X-Other: "),
    "no recipient": postfix(OURS).replace(b"-Recipient: rfc822", b"-Recipient: x400"),
    "no status": postfix(OURS).replace(b"Status: 5.1.1\n", b""),
    "a status of letters": postfix(OURS, status="gone"),
    "two mails": postfix(OURS).replace(
        b"--B1--", b"--B1\nContent-Type: text/rfc822-headers\n\nMessage-ID: <b@c>\n\n--B1--"
    ),
    "no parts": postfix(OURS).partition(b"--B1\n")[0],
    "empty": b"",
    "bytes": bytes(range(256)),
    "too large": postfix(OURS) + b"x" * delivery_status.MAX_BYTES,
}


@pytest.mark.parametrize("raw", NOTHING.values(), ids=NOTHING.keys())
def test_what_is_no_final_report_is_none(raw: bytes) -> None:
    assert delivery_status.read(raw) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.1.1 <x>: User unknown", True), ("5.2.1 Closed", True), ("5.1.1: Nobody", True), ("5.1.10 Null MX", True),
        ("No such person", False), ("User not local", False), ("blocked by a list", False), ("", False),
        ("5.7.1 Blocked: 5.1.1", False), ("5.2.2 Mailbox full", False), ("4.2.1 Greylisted", False),
        ("5.1.8 Sender address rejected: Domain not found", False), ("5.1.1.23 is listed", False),
        ("5.1.100 What is this", False),
    ],
)  # fmt: skip
def test_a_relays_answer(text: str, expected: bool) -> None:  # noqa: FBT001 - a case
    assert delivery_status.is_permanent(status=text) is expected


# What follows from one


def sent(world: World, to: str, **more: Any) -> Mail:
    """A mail that the relay has taken."""
    name = queue.queue(to=to, subject="Hei", text="Hei", purpose="password_reset", **more)
    Mail.objects.filter(id=name).update(sent_at=clock.now(), due_at=None, body=b"")
    return Mail.objects.get(id=name)


def bounce(world: World, *people: User) -> None:
    """A mail to each of them comes back."""
    reports = [postfix(sent(world, one.email).message_id, to=one.email) for one in people]
    assert bounces.handle_returned_mail(messages=reports) == len(people)


def bounced(who: User) -> dt.datetime | None:
    return User.objects.values_list("mail_bounced_at", flat=True).get(id=who.id)


def events(verb: str) -> list[tuple[str, uuid.UUID, uuid.UUID | None]]:
    return list(
        Event.objects.filter(verb=verb)
        .order_by("at", "id")
        .values_list("subject_kind", "subject", "organization")
    )


def test_a_bounce_stands_in_the_persons_stream_and_in_each_of_their_organizations(world: World) -> None:
    row = sent(world, world.mikko.user.email, about=world.mikko.user_id)
    assert bounces.handle_returned_mail(messages=[postfix(row.message_id)]) == 1
    assert bounced(world.mikko.user)
    assert sorted(events("mail.bounced"), key=str) == sorted(
        [
            ("user", world.mikko.user_id, None),
            ("membership", world.mikko.id, world.koskela.id),
            ("membership", world.mikko_at_pohjola.id, world.pohjola.id),
        ],
        key=str,
    )
    assert [subject for _, subject, _ in events("mail.failed")] == [row.id]
    row.refresh_from_db()
    assert (row.failed_at is not None, row.last_error) == (True, "refused")
    assert events("organization.orphaned") == []


def test_the_same_again_changes_nothing(world: World) -> None:
    row = sent(world, world.mikko.user.email)
    raw = postfix(row.message_id)
    assert bounces.handle_returned_mail(messages=[raw, raw]) == 1
    assert bounces.handle_returned_mail(messages=[raw]) == 0
    assert len(events("mail.bounced")) == 3


def test_what_names_no_mail_of_ours_changes_nothing(world: World) -> None:
    """Whoever never saw the mail cannot name it, and the log that admins read does not either."""
    row = sent(world, world.mikko.user.email)
    waiting = Mail.objects.get(
        id=queue.queue(to=world.aino.user.email, subject="Hei", text="Hei", purpose="password_reset")
    )
    forged = [
        OURS,
        f"<{uuid.uuid4()}@keyholder.example>",
        f"<{row.id}@{row.message_id.partition('@')[2]}",
        row.message_id.replace("@", "@x"),
        waiting.message_id,
    ]
    assert bounces.handle_returned_mail(messages=[postfix(one) for one in forged]) == 0
    assert not User.objects.filter(mail_bounced_at__isnull=False).exists()
    assert events("mail.bounced") == []


def test_a_full_mailbox_is_a_mail_that_did_not_arrive_and_no_dead_address(world: World) -> None:
    row = sent(world, world.mikko.user.email)
    assert bounces.handle_returned_mail(messages=[postfix(row.message_id, status="5.2.2")]) == 1
    assert bounced(world.mikko.user) is None
    assert [subject for _, subject, _ in events("mail.failed")] == [row.id]


def test_an_organization_whose_last_working_admin_is_not_reached_is_named(world: World) -> None:
    """Pohjola has one admin; Koskela two, so that the second loss counts."""
    mails = {who: sent(world, who.user.email) for who in (world.tiina, world.aino, world.paivi)}
    bounces.handle_returned_mail(messages=[postfix(mails[world.tiina].message_id, to=world.tiina.user.email)])
    bounces.handle_returned_mail(messages=[postfix(mails[world.aino].message_id, to=world.aino.user.email)])
    assert events("organization.orphaned") == [("organization", world.pohjola.id, world.pohjola.id)]
    bounces.handle_returned_mail(messages=[postfix(mails[world.paivi].message_id, to=world.paivi.user.email)])
    assert [where for *_, where in events("organization.orphaned")] == [world.pohjola.id, world.koskela.id]


def test_a_mail_to_somebody_who_is_not_here_yet_concerns_nobody_else(world: World) -> None:
    invitation = uuid.uuid4()
    row = sent(world, "new@koskela.example", about=invitation, organization=world.koskela.id)
    assert bounces.handle_returned_mail(messages=[exchange(row.message_id, to="new@koskela.example")]) == 1
    event = Event.objects.get(verb="mail.failed")
    assert (event.subject, event.organization, event.act) == (row.id, world.koskela.id, invitation)
    assert events("mail.bounced") == []


def test_a_report_about_another_address_says_nothing_of_this_one(world: World) -> None:
    """Tiina's mail is forwarded to an address of her own, and that one is gone."""
    row = sent(world, world.tiina.user.email)
    raw = postfix(row.message_id, to="tiina@home.example")
    assert bounces.handle_returned_mail(messages=[raw]) == 0
    assert (bounced(world.tiina.user), events("mail.failed"), events("organization.orphaned")) == (
        None,
        [],
        [],
    )
    ours = raw.replace(b"Original-Recipient: rfc822;tiina@home", b"Original-Recipient: rfc822;Tiina@Pohjola")
    assert bounces.handle_returned_mail(messages=[raw, ours, raw]) == 1
    assert bounced(world.tiina.user)


def test_two_who_are_lost_at_once_are_lost_one_after_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch, together: Callable[..., list[object]]
) -> None:
    """Koskela has two working admins. Each waits for the other before the check, where nothing keeps them apart."""
    both, flag = threading.Barrier(2), addresses.mark_undeliverable

    def bounced_together(**how: Any) -> None:
        flag(**how)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.5)

    monkeypatch.setattr(addresses, "mark_undeliverable", bounced_together)
    lost = [partial(bounce, world, one.user) for one in (world.aino, world.paivi)]
    assert together(*lost) == [None, None]
    assert events("organization.orphaned") == [("organization", world.koskela.id, world.koskela.id)]


@contextlib.contextmanager
def held_by_another(organization: uuid.UUID, database_urls: dict[str, str]) -> Iterator[None]:
    with psycopg.connect(database_urls["keyholder_app"]) as other:
        other.execute("SELECT FROM audit_chain WHERE id = %s FOR UPDATE", [organization])
        yield
        other.rollback()


def test_where_an_organization_is_held_a_report_is_left_for_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch, database_urls: dict[str, str], tmp_path: Path
) -> None:
    """The others are written down; a mail server that pipes mails in sees that it has to come again."""
    monkeypatch.setattr(locks, "PEOPLE", locks.MACHINES)
    box = mailbox.mbox(tmp_path / "box")
    for one in (world.tiina, world.vilma):
        box.add(postfix(sent(world, one.user.email).message_id, to=one.user.email))
    box.close()
    with held_by_another(world.pohjola.id, database_urls), pytest.raises(CommandError) as refused:
        call_command("bounces", str(tmp_path / "box"))
    assert refused.value.returncode == os.EX_TEMPFAIL
    assert (bounced(world.tiina.user), len(events("mail.failed"))) == (None, 1)
    assert bounced(world.vilma.user)
    call_command("bounces", str(tmp_path / "box"))
    assert bounced(world.tiina.user)


def leased(to: str) -> MailOutcome:
    """A mail that a deliverer has tried, and whose recipient was refused because nobody is there."""
    name = queue.queue(to=to, subject="Hei", text="Hei", purpose="password_reset")
    Mail.objects.filter(id=name).update(leased_by=1, leased_until=clock.now() + dt.timedelta(minutes=1))
    task = DeliveryTask(Mail.objects.get(id=name), "mail", 1, lambda: None, 1)
    return DeliveryOutcome(task, error=DeliveryError(Code.NO_SUCH_RECIPIENT))


def test_where_an_organization_is_held_a_refused_mail_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, database_urls: dict[str, str]
) -> None:
    monkeypatch.setattr(locks, "PEOPLE", locks.MACHINES)
    outcome = leased(world.tiina.user.email)
    with held_by_another(world.pohjola.id, database_urls):
        MailDeliveries().settle(outcomes=[outcome], at=clock.now())
    row = Mail.objects.get(id=outcome.task.row.id)
    assert (row.failed_at, row.last_error, row.leased_by, bool(row.body)) == (None, "busy", None, True)
    assert row.due_at is not None
    assert bounced(world.tiina.user) is None


def test_only_who_still_holds_a_mail_says_that_nobody_is_there(world: World) -> None:
    ours, taken = leased(world.tiina.user.email), leased(world.mikko.user.email)
    Mail.objects.filter(id=taken.task.row.id).update(leased_by=2)
    MailDeliveries().settle(outcomes=[ours, taken], at=clock.now())
    assert bounced(world.tiina.user)
    assert (bounced(world.mikko.user), len(events("mail.failed"))) == (None, 1)


class Relay:
    """Refuses recipients as it is told to."""

    def __init__(self) -> None:
        self.answer = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, to: str, _options: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.answer


@pytest.fixture
def relay(settings: LazySettings) -> Iterator[Relay]:
    held = Relay()
    with relays.listening(held, settings):
        yield held


@pytest.mark.parametrize(
    ("answer", "gone", "dead"),
    [
        ("550 5.1.1 User unknown", True, True),
        ("550 5.7.1 Not from you", True, False),
        ("550 No such person", True, False),
        ("450 4.2.1 Greylisted", False, False),
    ],
)
def test_a_recipient_that_the_relay_refuses(
    world: World,
    relay: Relay,
    deliverer: Start,
    answer: str,
    gone: bool,  # noqa: FBT001 - a case
    dead: bool,  # noqa: FBT001 - the same
) -> None:
    relay.answer = answer
    name = queue.queue(
        to=world.tiina.user.email,
        subject="Hei",
        text="Hei",
        purpose="password_reset",
        about=world.tiina.user_id,
    )
    deliverer()
    eventually(lambda: Mail.objects.get(id=name).attempts)
    assert (Mail.objects.get(id=name).failed_at is not None) is gone
    assert (bounced(world.tiina.user) is not None) is dead
    assert len(events("mail.bounced")) == (2 if dead else 0)
    assert len(events("organization.orphaned")) == (1 if dead else 0)


# The command


def test_it_reads_a_maildir_an_mbox_a_file_and_standard_input(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whose = [one.user.email for one in (world.mikko, world.olli, world.vilma, world.sami)]
    rows = [sent(world, one) for one in whose]
    folder = mailbox.Maildir(tmp_path / "folder")
    folder.add(postfix(rows[0].message_id, to=whose[0]))
    folder.add(b"Subject: Hello\n\nHello\n")
    box = mailbox.mbox(tmp_path / "box")
    box.add(exchange(rows[1].message_id, to=whose[1]))
    box.close()
    one = tmp_path / "one"
    one.write_bytes(postfix(rows[2].message_id, to=whose[2]))
    call_command("bounces", str(tmp_path / "folder"), str(tmp_path / "box"), str(one))
    assert capsys.readouterr().out == "4 read, 3 of ours did not arrive.\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(postfix(rows[3].message_id, to=whose[3]))))
    call_command("bounces")
    assert capsys.readouterr().out == "1 read, 1 of ours did not arrive.\n"
    assert User.objects.filter(mail_bounced_at__isnull=False).count() == 4
    with pytest.raises(CommandError):
        call_command("bounces", str(tmp_path / "nowhere"))


# And back


def test_a_link_that_is_followed_has_arrived(world: World) -> None:
    """Mikko's mail comes back too, and nothing of his was followed."""
    stina = world.stina.user
    bounce(world, stina, world.mikko.user)
    invitation, link = world.invite(world.koskela, stina.email, world.access("viewer"))
    invitations_accept.accept(actor=actor_of(stina), invitation=invitation, link=link, accepted_by=stina)
    assert (bounced(stina), bounced(world.mikko.user) is not None) == (None, True)
    # What comes back later comes back anew.
    bounce(world, stina)
    assert bounced(stina)


def test_a_link_to_another_address_says_nothing_of_the_one_that_was_not_reached(world: World) -> None:
    stina = world.stina.user
    with by_hand():
        EmailAddress.objects.create(user=stina, email="stina@home.example", verified=True)
    bounce(world, stina)
    invitation, link = world.invite(world.koskela, "stina@home.example", world.access("viewer"))
    invitations_accept.accept(actor=actor_of(stina), invitation=invitation, link=link, accepted_by=stina)
    assert bounced(stina)


def test_a_new_password_by_link_has_arrived(world: World) -> None:
    tiina = world.tiina.user
    bounce(world, tiina)
    visitor = Visitor()
    form = visitor.get(recovery_link(visitor, tiina))["Location"]
    assert bounced(tiina)
    visitor.post(form, {"password1": "another long passphrase 42"})
    assert bounced(tiina) is None
