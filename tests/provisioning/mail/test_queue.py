"""The mail queue: encrypted in the caller's transaction, sent after its commit, retried, erased."""

import email
import uuid
from collections.abc import Callable, Iterator
from email.policy import default
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock, encryption
from audit.models import Event
from identity import machine_secrets
from provisioning.delivery.engine import Engine
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.mail import queue as mail_queue
from provisioning.mail.delivery import MailDeliveries
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft, QueueBackend
from tests.fixtures import mail_relay, queued_mails
from tests.fixtures.deliveries import eventually
from tests.fixtures.world import World

Start = Callable[[], Engine]


class Box:
    """A relay that stores mails and returns the given replies."""

    def __init__(self) -> None:
        self.caught: list[tuple[list[str], bytes]] = []
        self.answers: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        reply = self.answers.pop(0) if self.answers else "250 Caught"
        if reply.startswith("250"):
            self.caught.append((envelope.rcpt_tos, envelope.content))
        return reply


@pytest.fixture
def box(settings: LazySettings) -> Iterator[Box]:
    """A relay on loopback."""
    caught = Box()
    with mail_relay.listening(caught, settings):
        yield caught


def queue(**more: Any) -> uuid.UUID:
    """A mail to Mikko."""
    parts = {
        "to": "mikko@koskela.example",
        "subject": "Tervetuloa, Päivi",
        "text": "Hei! Linkki: /invitations/x",
        **more,
    }
    return mail_queue.queue(Draft(**{"purpose": "invitation", "language": "fi", **parts}))


def test_mails_are_queued_by_one_statement_and_none_by_none(db: None) -> None:
    draft = Draft(to="mikko@koskela.example", subject="Hei", text="Hei!", purpose="test")
    with CaptureQueriesContext(connection) as captured:
        assert mail_queue.queue_all([]) == []
    assert len(captured) == 0
    with CaptureQueriesContext(connection) as captured:
        assert len(mail_queue.queue_all([draft] * 3)) == Mail.objects.count() == 3
    assert len([one for one in captured if "INSERT" in one["sql"]]) == 1


def test_mail_is_sent_after_the_commit_and_then_erased(world: World, box: Box, deliverer: Start) -> None:
    deliverer()
    with transaction.atomic():
        name = queue(html="<p>Hei!</p>", about=world.mikko.user_id, organization=world.koskela.id)
    eventually(lambda: box.caught)
    ((to, content),) = box.caught
    message = email.message_from_bytes(content, policy=default)
    assert to == ["mikko@koskela.example"]
    assert message["Subject"] == "Tervetuloa, Päivi"
    assert message["Content-Language"] == "fi"
    assert message["Keyholder-Purpose"] is None
    assert {part.get_content_type() for part in message.iter_parts()} == {"text/plain", "text/html"}
    eventually(lambda: Mail.objects.get(id=name).sent_at)
    row = Mail.objects.get(id=name)
    assert machine_secrets.matches(secret=message["Message-ID"], stored=row.message_id_hash)
    assert (bytes(row.body), row.due_at) == (b"", None)
    noted = Event.objects.get(verb="mail.sent")
    assert (noted.organization, noted.subject) == (world.koskela.id, name)
    assert b"mikko" not in bytes(noted.body)


def test_rolled_back_mail_is_not_sent(world: World, box: Box) -> None:
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)
    assert not Mail.objects.exists()


def test_queued_mail_is_encrypted(world: World) -> None:
    queue(text="the secret link /invitations/abc")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(m)::text, encode(body, 'escape') FROM provisioning_mail m")
        ((row, body),) = cursor.fetchall()
    for clear in ("mikko", "invitations", "Tervetuloa"):
        assert clear not in row
        assert clear not in body


@pytest.mark.parametrize("column", ["about", "organization"])
def test_changed_row_is_not_sent_and_gives_no_event(world: World, box: Box, column: str) -> None:
    """The deliverer signs events: it believes no column that SQL as the application's role can change."""
    name = queue(about=world.mikko.user_id, organization=world.koskela.id)
    Mail.objects.filter(id=name).update(**{column: world.pohjola.id})
    mails = MailDeliveries()
    (task,) = mails.lease(worker=1, at=clock.now(), in_flight={}) or []
    with pytest.raises(encryption.DecryptionFailed):
        task.run()
    mails.settle(outcomes=[DeliveryOutcome(task, error=DeliveryError(Code.REFUSED))], at=clock.now())
    assert not Event.objects.filter(verb__in=["mail.sent", "mail.failed"]).exists()
    assert box.caught == []


def test_line_break_in_a_subject_adds_no_header(world: World) -> None:
    name = queue(subject="Hello\r\nBcc: everybody@example.com")
    row = Mail.objects.get(id=name)
    sent = email.message_from_bytes(
        encryption.decrypt_secret(data=row.body, context=name.bytes), policy=default
    )
    assert sent["Bcc"] is None


def test_backend_stores_one_row_per_recipient(world: World) -> None:
    message = EmailMessage("s", "t", to=["a@example.com", "B <b@example.com>"], bcc=["c@example.com"])
    assert QueueBackend().send_messages([message]) == 1
    to = {queued_mails.recipient_of(row) for row in Mail.objects.all()}
    assert to == {"a@example.com", "b@example.com", "c@example.com"}
    assert Mail.objects.values("message_id_hash").distinct().count() == 3


def test_mail_is_retried_after_an_unavailable_or_busy_relay(
    world: World, box: Box, deliverer: Start, settings: LazySettings
) -> None:
    box.answers = ["451 Later"]
    port, settings.SMTP_PORT = settings.SMTP_PORT, 1
    deliverer()
    name = queue()
    eventually(lambda: Mail.objects.get(id=name).attempts == 1)
    assert Mail.objects.get(id=name).last_error == "unreachable"
    settings.SMTP_PORT = port
    eventually(lambda: box.caught, within=15)
    eventually(lambda: Mail.objects.get(id=name).sent_at)
    assert Mail.objects.get(id=name).attempts == 2


def test_refused_mail_is_given_up_and_recorded(world: World, box: Box, deliverer: Start) -> None:
    box.answers = ["550 No such person"]
    deliverer()
    name = queue(about=world.mikko.user_id, organization=world.koskela.id)
    eventually(lambda: Mail.objects.get(id=name).failed_at)
    row = Mail.objects.get(id=name)
    assert (row.due_at, row.failing_since, bytes(row.body), row.last_error) == (None, None, b"", "refused")
    assert Event.objects.get(verb="mail.failed").organization == world.koskela.id


def test_queued_mails_given_up_after_a_restore_are_erased_and_count_as_failing_no_more(world: World) -> None:
    name = queue()
    Mail.objects.filter(id=name).update(failing_since=clock.now())
    assert mail_queue.give_up(using="default", at=clock.now()) == 1
    row = Mail.objects.get(id=name)
    assert (row.due_at, row.failing_since, bytes(row.body), row.last_error) == (None, None, b"", "lost")
