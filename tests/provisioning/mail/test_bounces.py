"""Returned mails: refused at once by the relay, or reported later to the sender's address."""

import contextlib
import datetime as dt
import io
import mailbox
import os
import shutil
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
from django.db import connection

from audit.foundation import clock, key_files
from audit.models import Event
from delegation.acts import locks
from delegation.invitations.commands import accept as invitations_accept
from identity.people import addresses
from identity.people.models import User
from provisioning.delivery.engine import Engine
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask
from provisioning.mail import bounces, delivery_status, queue, stored
from provisioning.mail.delivery import MailDeliveries, MailOutcome
from provisioning.mail.delivery_status import DeliveryStatusReport
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft
from tests.fixtures import mail_relay as relays
from tests.fixtures import queued_mails
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.deliveries import eventually
from tests.fixtures.recovery import recovery_link
from tests.fixtures.world import World, actor_of, bypassing_commands

Start = Callable[[], Engine]
OURS = "<0199a1b2-0000-7000-8000-000000000001@keyholder.example>"


HIS = frozenset({"mikko@koskela.example"})


def postfix(
    message_id: str, *, to: str = "mikko@koskela.example", status: str = "5.1.1", action: str = "failed"
) -> bytes:
    """A report with only the headers of the returned mail."""
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
    """A report with the whole mail, line ends as on the wire, header names in capitals."""
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


def two_recipients(message_id: str) -> bytes:
    """One recipient expanded to two: one is delayed, the other does not exist."""
    return postfix(message_id).replace(
        b"Final-Recipient",
        b"Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1\n\nFinal-Recipient",
        1,
    )


@pytest.mark.parametrize("make", [postfix, exchange, two_recipients])
def test_report_is_parsed(make: Callable[[str], bytes]) -> None:
    assert delivery_status.parse(make(OURS)) == DeliveryStatusReport(frozenset({OURS}), failed=HIS, dead=HIS)


def test_report_has_the_result_of_each_recipient() -> None:
    """By original and final address; an address of another type does not count."""
    raw = postfix(OURS).replace(
        b"Final-Recipient: rfc822; mikko@koskela.example\n",
        b"Final-Recipient: x400; /CN=full/\nOriginal-Recipient: rfc822; <Full@koskela.example>\n"
        b"Action: failed\nStatus: 5.2.2\n\nFinal-Recipient: rfc822; mikko@home.example\n",
    )
    his = HIS | {"mikko@home.example"}
    assert delivery_status.parse(raw) == DeliveryStatusReport(
        frozenset({OURS}), failed=his | {"full@koskela.example"}, dead=his
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("5.1.1", True), ("5.1.2", True), ("5.1.3", True), ("5.1.6", True), ("5.1.10", True), ("5.2.1", True),
        ("5.0.0", False), ("5.1.0", False), ("5.1.7", False), ("5.1.8", False), ("5.2.2", False), ("5.3.4", False),
        ("5.4.1", True), ("5.4.4", True), ("5.4.310", True), ("5.1.350", True), ("5.1.351", True),
        ("5.4.0", False), ("5.4.2", False), ("5.4.3", False), ("5.4.5", False), ("5.4.6", False),
        ("5.4.7", False), ("5.6.0", False), ("5.7.1", False),
    ],
)  # fmt: skip
def test_status_decides_whether_the_address_is_invalid(status: str, expected: bool) -> None:  # noqa: FBT001 - a case
    is_dead = HIS if expected else frozenset()
    assert delivery_status.parse(postfix(OURS, status=status)) == DeliveryStatusReport(
        frozenset({OURS}), failed=HIS, dead=is_dead
    )


def autoreply() -> bytes:
    return postfix(OURS).replace(b"multipart/report; report-type=delivery-status;", b"multipart/mixed;")


def quoted() -> bytes:
    """A person's mail that quotes a report."""
    message = EmailMessage()
    message["Subject"] = "Undelivered Mail Returned to Sender"
    message.set_content(postfix(OURS).decode())
    return message.as_bytes()


NOTHING = {
    "later": postfix(OURS, status="4.2.2"),
    "delayed": postfix(OURS, action="delayed", status="4.4.1"),
    "delayed with a final status": postfix(OURS, action="delayed"),
    "a failure in the returned mail": postfix(OURS, action="delayed").replace(
        b"Content-Type: text/rfc822-headers\n",
        b"Content-Type: message/rfc822\n\n"
        b"Final-Recipient: rfc822; mikko@koskela.example\nAction: failed\nStatus: 5.1.1",
    ),
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
def test_mail_without_a_final_report_is_ignored(raw: bytes) -> None:
    assert delivery_status.parse(raw) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.1.1 <x>: User unknown", True), ("5.4.1 Recipient address rejected: Access denied", True),
        ("5.2.1 Closed", True), ("5.1.1: Nobody", True), ("5.1.10 Null MX", True),
        ("No such person", False), ("User not local", False), ("blocked by a list", False), ("", False),
        ("5.7.1 Blocked: 5.1.1", False), ("5.2.2 Mailbox full", False), ("4.2.1 Greylisted", False),
        ("5.1.8 Sender address rejected: Domain not found", False), ("5.1.1.23 is listed", False),
        ("5.1.100 What is this", False),
    ],
)  # fmt: skip
def test_reply_decides_whether_the_address_is_invalid(text: str, expected: bool) -> None:  # noqa: FBT001 - a case
    assert delivery_status.is_permanent(status=text) is expected


def test_report_of_the_largest_size_is_parsed() -> None:
    raw = postfix(OURS)
    largest = raw + b"x" * (delivery_status.MAX_BYTES - len(raw))
    assert delivery_status.parse(largest) == delivery_status.parse(raw)
    assert delivery_status.parse(largest + b"x") is None


def test_returned_mail_names_no_envelope() -> None:
    """Only the mail server that reports writes the envelope's id; a header of the returned mail proves nothing."""
    raw = exchange(OURS).replace(b"Received: from", b"Original-Envelope-Id: another@id\r\nReceived: from")
    report = delivery_status.parse(raw)
    assert report is not None
    assert report.message_ids == {OURS}


RENAMED = "<0100018f-relay-000000@email.relay.example>"
NAMING = {
    "our header": postfix(RENAMED).replace(
        b"Subject: =?", b"Keyholder-Mail: %s\nSubject: =?" % OURS.encode()
    ),
    "the whole mail": exchange(RENAMED).replace(
        b"Content-Type: text/plain\r", b"keyholder-mail: %s\r" % OURS.encode()
    ),
    "the envelope": postfix(RENAMED).replace(
        b"Reporting-MTA", b"Original-Envelope-Id: %s\nReporting-MTA" % OURS.strip("<>").encode()
    ),
    "the envelope alone": postfix(RENAMED)
    .replace(b"Reporting-MTA", b"Original-Envelope-Id: %s\nReporting-MTA" % OURS.strip("<>").encode())
    .replace(b"Content-Type: text/rfc822-headers", b"Content-Type: text/plain"),
}


@pytest.mark.parametrize("raw", NAMING.values(), ids=NAMING.keys())
def test_report_names_our_mail_where_the_relay_replaced_the_message_id(raw: bytes) -> None:
    report = delivery_status.parse(raw)
    assert report is not None
    assert report.message_ids - {RENAMED} == {OURS}
    assert report.dead == HIS


@pytest.mark.parametrize(
    ("diagnostic", "expected"),
    [
        ("smtp; 550 5.1.1 No such user", True), ("SMTP; 550-5.4.1 Recipient address rejected", True),
        ("smtp; 550 No such user", False), ("smtp; 550 5.7.1 Blocked: 5.1.1", False), ("x-unix; 5.1.1", False),
    ],
)  # fmt: skip
def test_unspecific_status_is_decided_by_the_reply_of_the_server(diagnostic: str, expected: bool) -> None:  # noqa: FBT001 - a case
    for status, is_dead in (("5.0.0", expected), ("5.2.2", False)):
        raw = postfix(OURS, status=status)
        head, _, rest = raw.partition(b"Diagnostic-Code: ")
        report = delivery_status.parse(
            head + b"Diagnostic-Code: " + diagnostic.encode() + rest[rest.index(b"\n") :]
        )
        assert report == DeliveryStatusReport(
            frozenset({OURS}), failed=HIS, dead=HIS if is_dead else frozenset()
        )


# Effects of a report


MESSAGE_IDS: dict[uuid.UUID, str] = {}


def queued_and_sent(world: World, to: str, **more: Any) -> Mail:
    """A mail that the relay has accepted."""
    name = queue.queue(Draft(to=to, subject="Hei", text="Hei", purpose="password_reset", **more))
    return as_sent(Mail.objects.get(id=name))


def as_sent(row: Mail) -> Mail:
    MESSAGE_IDS[row.id] = queued_mails.message_id_of(row)
    Mail.objects.filter(id=row.id).update(sent_at=clock.now(), due_at=None, body=b"")
    row.refresh_from_db()
    return row


def id_of(row: Mail) -> str:
    """The Message-ID, which no table has."""
    return MESSAGE_IDS[row.id]


def bounce(world: World, *people: User) -> None:
    """Return a mail to each of these people."""
    reports = [postfix(id_of(queued_and_sent(world, one.email)), to=one.email) for one in people]
    assert bounces.handle_returned_mail(messages=reports) == len(people)


def bounced(who: User) -> dt.datetime | None:
    return User.objects.values_list("mail_bounced_at", flat=True).get(id=who.id)


def events(verb: str) -> list[tuple[str, uuid.UUID, uuid.UUID | None]]:
    return list(
        Event.objects.filter(verb=verb)
        .order_by("at", "id")
        .values_list("subject_kind", "subject", "organization")
    )


def test_bounce_is_recorded_for_the_person_and_each_organization(world: World) -> None:
    row = queued_and_sent(world, world.mikko.user.email, about=world.mikko.user_id)
    assert bounces.handle_returned_mail(messages=[postfix(id_of(row))]) == 1
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


def test_bounce_is_recorded_where_the_relay_replaced_the_message_id(world: World) -> None:
    name = queue.queue(Draft(to=world.mikko.user.email, subject="Hei", text="Hei", purpose="password_reset"))
    row = Mail.objects.get(id=name)
    sent = stored.message(row=row)
    row = as_sent(row)
    assert f"Keyholder-Mail: {id_of(row)}\r\n".encode() in sent
    headers = b"Keyholder-Mail: %s\nSubject: =?" % id_of(row).encode()
    raw = postfix(RENAMED, status="5.4.1").replace(b"Subject: =?", headers)
    assert bounces.handle_returned_mail(messages=[raw, raw]) == 1
    assert bounced(world.mikko.user)


def test_message_id_of_a_sent_mail_is_in_no_table(world: World) -> None:
    """A copy of the database, such as a backup, lets nobody report that the admins' mails did not arrive."""
    row = queued_and_sent(world, world.aino.user.email)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(m)::text FROM provisioning_mail m WHERE id = %s", [row.id])
        ((shown,),) = cursor.fetchall()
    assert id_of(row).strip("<>").partition("@")[0] not in shown
    assert (
        bounces.handle_returned_mail(messages=[postfix(row.message_id_hash, to=world.aino.user.email)]) == 0
    )
    assert (
        bounces.handle_returned_mail(messages=[postfix(f"<{row.message_id_hash}>", to=world.aino.user.email)])
        == 0
    )


def test_bounce_is_matched_after_the_key_of_the_hash_was_rotated(
    world: World, settings: LazySettings, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    shutil.copytree(settings.KEYS_FOLDER, folder)
    settings.KEYS_FOLDER = folder
    row = queued_and_sent(world, world.mikko.user.email)
    key_files.rotate(folder=folder, purpose="pepper", after=dt.timedelta(0))
    later = queued_and_sent(world, world.mikko.user.email)
    assert row.message_id_hash.split("$")[1] != later.message_id_hash.split("$")[1]
    assert bounces.handle_returned_mail(messages=[postfix(id_of(row))]) == 1


def test_mail_with_another_hash_is_not_marked_by_the_report_of_the_first(world: World) -> None:
    """SQL as the application's role gives an admin's mail the hash of a mail whose Message-ID it knows."""
    known = queued_and_sent(world, world.mikko.user.email)
    row = queued_and_sent(world, world.aino.user.email)
    Mail.objects.filter(id=known.id).delete()
    Mail.objects.filter(id=row.id).update(message_id_hash=known.message_id_hash)
    assert bounces.handle_returned_mail(messages=[postfix(id_of(known), to=world.aino.user.email)]) == 0
    assert bounced(world.aino.user) is None


def test_repeated_report_has_no_effect(world: World) -> None:
    row = queued_and_sent(world, world.mikko.user.email)
    raw = postfix(id_of(row))
    assert bounces.handle_returned_mail(messages=[raw, raw]) == 1
    assert bounces.handle_returned_mail(messages=[raw]) == 0
    assert len(events("mail.bounced")) == 3


def test_report_without_our_message_id_has_no_effect(world: World) -> None:
    """Only a recipient knows the Message-ID; the log that admins read does not contain it."""
    row = queued_and_sent(world, world.mikko.user.email)
    waiting = Mail.objects.get(
        id=queue.queue(Draft(to=world.aino.user.email, subject="Hei", text="Hei", purpose="password_reset"))
    )
    forged = [
        OURS,
        f"<{uuid.uuid4()}@keyholder.example>",
        f"<{row.id}@{id_of(row).partition('@')[2]}",
        id_of(row).replace("@", "@x"),
        queued_mails.message_id_of(waiting),
    ]
    assert bounces.handle_returned_mail(messages=[postfix(one) for one in forged]) == 0
    assert not User.objects.filter(mail_bounced_at__isnull=False).exists()
    assert events("mail.bounced") == []


def test_report_about_a_mail_that_was_not_sent_has_no_effect(world: World) -> None:
    row = queued_and_sent(world, world.mikko.user.email)
    raw = postfix(id_of(row))
    Mail.objects.filter(id=row.id).update(sent_at=None)
    assert bounces.handle_returned_mail(messages=[raw]) == 0
    assert bounced(world.mikko.user) is None


def test_full_mailbox_fails_the_mail_only(world: World) -> None:
    row = queued_and_sent(world, world.mikko.user.email)
    assert bounces.handle_returned_mail(messages=[postfix(id_of(row), status="5.2.2")]) == 1
    assert bounced(world.mikko.user) is None
    assert [subject for _, subject, _ in events("mail.failed")] == [row.id]


def test_bounce_of_the_last_working_admin_records_an_orphan(world: World) -> None:
    """Pohjola has one admin; Koskela two, so that the second loss counts."""
    mails = {who: queued_and_sent(world, who.user.email) for who in (world.tiina, world.aino, world.paivi)}
    bounces.handle_returned_mail(messages=[postfix(id_of(mails[world.tiina]), to=world.tiina.user.email)])
    bounces.handle_returned_mail(messages=[postfix(id_of(mails[world.aino]), to=world.aino.user.email)])
    assert events("organization.orphaned") == [("organization", world.pohjola.id, world.pohjola.id)]
    bounces.handle_returned_mail(messages=[postfix(id_of(mails[world.paivi]), to=world.paivi.user.email)])
    assert [where for *_, where in events("organization.orphaned")] == [world.pohjola.id, world.koskela.id]


def test_bounce_of_an_invitation_affects_no_user(world: World) -> None:
    invitation = uuid.uuid4()
    row = queued_and_sent(world, "new@koskela.example", about=invitation, organization=world.koskela.id)
    assert bounces.handle_returned_mail(messages=[exchange(id_of(row), to="new@koskela.example")]) == 1
    event = Event.objects.get(verb="mail.failed")
    assert (event.subject, event.organization, event.act) == (row.id, world.koskela.id, invitation)
    assert events("mail.bounced") == []


def test_report_about_another_address_has_no_effect(world: World) -> None:
    """Tiina's mail is forwarded to another address of hers, which no longer exists."""
    row = queued_and_sent(world, world.tiina.user.email)
    raw = postfix(id_of(row), to="tiina@home.example")
    assert bounces.handle_returned_mail(messages=[raw]) == 0
    assert (bounced(world.tiina.user), events("mail.failed"), events("organization.orphaned")) == (
        None,
        [],
        [],
    )
    ours = raw.replace(b"Original-Recipient: rfc822;tiina@home", b"Original-Recipient: rfc822;Tiina@Pohjola")
    assert bounces.handle_returned_mail(messages=[raw, ours, raw]) == 1
    assert bounced(world.tiina.user)


def test_concurrent_bounces_of_two_admins_record_one_orphan(
    world: World, monkeypatch: pytest.MonkeyPatch, run_concurrently: Callable[..., list[object]]
) -> None:
    """Koskela has two working admins, and without serialization each bounce would wait for the other."""
    both, flag = threading.Barrier(2), addresses.mark_undeliverable

    def bounced_together(**how: Any) -> None:
        flag(**how)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.5)

    monkeypatch.setattr(addresses, "mark_undeliverable", bounced_together)
    lost = [partial(bounce, world, one.user) for one in (world.aino, world.paivi)]
    assert run_concurrently(*lost) == [None, None]
    assert events("organization.orphaned") == [("organization", world.koskela.id, world.koskela.id)]


@contextlib.contextmanager
def locked_by_another(organization: uuid.UUID, database_urls: dict[str, str]) -> Iterator[None]:
    with psycopg.connect(database_urls["keyholder_app"]) as other:
        other.execute("SELECT FROM audit_chain WHERE id = %s FOR UPDATE", [organization])
        yield
        other.rollback()


def test_report_of_a_locked_organization_is_left_for_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch, database_urls: dict[str, str], tmp_path: Path
) -> None:
    """The others are stored; a mail server that pipes mails in is asked to retry."""
    monkeypatch.setattr(locks, "PEOPLE", locks.MACHINES)
    box = mailbox.mbox(tmp_path / "box")
    for one in (world.tiina, world.vilma):
        box.add(postfix(id_of(queued_and_sent(world, one.user.email)), to=one.user.email))
    box.close()
    with locked_by_another(world.pohjola.id, database_urls), pytest.raises(CommandError) as refused:
        call_command("bounces", str(tmp_path / "box"))
    assert refused.value.returncode == os.EX_TEMPFAIL
    assert (bounced(world.tiina.user), len(events("mail.failed"))) == (None, 1)
    assert bounced(world.vilma.user)
    call_command("bounces", str(tmp_path / "box"))
    assert bounced(world.tiina.user)


def leased(to: str) -> MailOutcome:
    """An attempted mail whose recipient the relay does not know."""
    name = queue.queue(Draft(to=to, subject="Hei", text="Hei", purpose="password_reset"))
    Mail.objects.filter(id=name).update(leased_by=1, leased_until=clock.now() + dt.timedelta(minutes=1))
    task = DeliveryTask(Mail.objects.get(id=name), "mail", 1, lambda: None, 1)
    return DeliveryOutcome(task, error=DeliveryError(Code.NO_SUCH_RECIPIENT))


def test_refused_mail_of_a_locked_organization_is_retried(
    world: World, monkeypatch: pytest.MonkeyPatch, database_urls: dict[str, str]
) -> None:
    monkeypatch.setattr(locks, "PEOPLE", locks.MACHINES)
    outcome = leased(world.tiina.user.email)
    with locked_by_another(world.pohjola.id, database_urls):
        MailDeliveries().settle(outcomes=[outcome], at=clock.now())
    row = Mail.objects.get(id=outcome.task.row.id)
    assert (row.failed_at, row.last_error, row.leased_by, bool(row.body)) == (None, "busy", None, True)
    assert row.due_at is not None
    assert bounced(world.tiina.user) is None


def test_refusal_without_a_valid_lease_has_no_effect(world: World) -> None:
    ours, taken = leased(world.tiina.user.email), leased(world.mikko.user.email)
    Mail.objects.filter(id=taken.task.row.id).update(leased_by=2)
    MailDeliveries().settle(outcomes=[ours, taken], at=clock.now())
    assert bounced(world.tiina.user)
    assert (bounced(world.mikko.user), len(events("mail.failed"))) == (None, 1)


class Relay:
    """A relay that refuses recipients with the given replies."""

    def __init__(self) -> None:
        self.answer = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, to: str, _options: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.answer


@pytest.fixture
def relay(settings: LazySettings) -> Iterator[Relay]:
    server = Relay()
    with relays.listening(server, settings):
        yield server


@pytest.mark.parametrize(
    ("answer", "is_failed", "is_dead"),
    [
        ("550 5.1.1 User unknown", True, True),
        ("550 5.7.1 Not from you", True, False),
        ("550 No such person", True, False),
        ("450 4.2.1 Greylisted", False, False),
    ],
)
def test_relay_answer_about_the_recipient_decides_failure_and_bounce(
    world: World,
    relay: Relay,
    deliverer: Start,
    answer: str,
    is_failed: bool,  # noqa: FBT001 - a case
    is_dead: bool,  # noqa: FBT001 - the same
) -> None:
    relay.answer = answer
    name = queue.queue(
        Draft(
            to=world.tiina.user.email,
            subject="Hei",
            text="Hei",
            purpose="password_reset",
            about=world.tiina.user_id,
        )
    )
    deliverer()
    eventually(lambda: Mail.objects.get(id=name).attempts)
    assert (Mail.objects.get(id=name).failed_at is not None) is is_failed
    assert (bounced(world.tiina.user) is not None) is is_dead
    assert len(events("mail.bounced")) == (2 if is_dead else 0)
    assert len(events("organization.orphaned")) == (1 if is_dead else 0)


# The command


def test_bounce_command_reads_maildir_mbox_file_and_standard_input(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    addresses = [member.user.email for member in (world.mikko, world.olli, world.vilma, world.sami)]
    rows = [queued_and_sent(world, address) for address in addresses]
    folder = mailbox.Maildir(tmp_path / "folder")
    folder.add(postfix(id_of(rows[0]), to=addresses[0]))
    folder.add(b"Subject: Hello\n\nHello\n")
    box = mailbox.mbox(tmp_path / "box")
    box.add(exchange(id_of(rows[1]), to=addresses[1]))
    box.close()
    single_file = tmp_path / "one"
    single_file.write_bytes(postfix(id_of(rows[2]), to=addresses[2]))
    call_command("bounces", str(tmp_path / "folder"), str(tmp_path / "box"), str(single_file))
    assert capsys.readouterr().out == "4 read, 3 newly failed.\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(postfix(id_of(rows[3]), to=addresses[3]))))
    call_command("bounces")
    assert capsys.readouterr().out == "1 read, 1 newly failed.\n"
    assert User.objects.filter(mail_bounced_at__isnull=False).count() == 4
    with pytest.raises(CommandError):
        call_command("bounces", str(tmp_path / "nowhere"))


# Deliverable again


def test_followed_link_makes_the_address_deliverable(world: World) -> None:
    """Mikko's mail is returned too, and he followed no link."""
    stina = world.stina.user
    bounce(world, stina, world.mikko.user)
    invitation, link = world.invite(world.koskela, stina.email, world.access("viewer"))
    invitations_accept.accept(actor=actor_of(stina), invitation=invitation, link=link, accepted_by=stina)
    assert (bounced(stina), bounced(world.mikko.user) is not None) == (None, True)
    # A later return marks the address again.
    bounce(world, stina)
    assert bounced(stina)


def test_link_to_another_address_has_no_effect(world: World) -> None:
    stina = world.stina.user
    with bypassing_commands():
        EmailAddress.objects.create(user=stina, email="stina@home.example", verified=True)
    bounce(world, stina)
    invitation, link = world.invite(world.koskela, "stina@home.example", world.access("viewer"))
    invitations_accept.accept(actor=actor_of(stina), invitation=invitation, link=link, accepted_by=stina)
    assert bounced(stina)


def test_password_reset_by_link_makes_the_address_deliverable(world: World) -> None:
    tiina = world.tiina.user
    bounce(world, tiina)
    browser = BrowserClient()
    form = browser.get(recovery_link(browser, tiina))["Location"]
    assert bounced(tiina)
    browser.post(form, {"password1": "another long passphrase 42"})
    assert bounced(tiina) is None
