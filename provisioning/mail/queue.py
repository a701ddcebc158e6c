"""Mails are stored in the caller's transaction, sent after its commit, and retried until sent or refused.

`QueueBackend` is Django's EMAIL_BACKEND, so that django-allauth's mails are queued too. No request waits for SMTP.
"""

import datetime as dt
import secrets
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection

from audit.foundation import clock, ids
from identity import machine_secrets
from provisioning.delivery import listener
from provisioning.delivery.errors import Code
from provisioning.mail import delivery_status, stored
from provisioning.mail.models import Mail

_PURPOSE = "Keyholder-Purpose"


class QueueBackend(BaseEmailBackend):
    """Stores mails instead of sending them."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store one row per recipient, so that each has its own state. Returns the number of messages."""
        at = clock.now()
        rows = [row for message in email_messages for row in _rows(message, at=at)]
        if rows:
            Mail.objects.bulk_create(rows)
            notify_deliverer()
        return len(email_messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Holds a mail to one recipient. `about` and `organization` decide in which chain its delivery is recorded."""

    to: str
    subject: str
    text: str
    html: str = ""
    purpose: str
    language: str = ""
    about: uuid.UUID | None = None
    organization: uuid.UUID | None = None
    due_at: dt.datetime | None = None


def queue(draft: Draft) -> uuid.UUID:
    """Store a mail in the caller's transaction; `deliver` sends it after the commit, or at `due_at`. Returns its id."""
    return queue_all([draft])[0]


def queue_all(drafts: Sequence[Draft]) -> list[uuid.UUID]:
    """Store mails as `queue` does, by one statement; by none where there is no mail. Returns their ids."""
    if not drafts:
        return []
    at = clock.now()
    rows = [_row_of(draft, at) for draft in drafts]
    Mail.objects.bulk_create(rows)
    notify_deliverer()
    return [row.id for row in rows]


def queued_about(*, purpose: str, about: Collection[uuid.UUID], since: dt.datetime) -> set[uuid.UUID]:
    """Return about which of these a mail of this purpose was queued after `since`. One statement."""
    rows = Mail.objects.filter(purpose=purpose, about__in=about, created_at__gt=since)
    return {row for row in rows.values_list("about", flat=True) if row is not None}


def subjects_since(*, purpose: str, since: dt.datetime) -> list[uuid.UUID]:
    """Return about what mails of this purpose were queued after `since`. One statement.

    A reminder leaves these out where it reads what is due: a limit then holds back none of the others.
    """
    rows = Mail.objects.filter(purpose=purpose, created_at__gt=since, about__isnull=False)
    return [row for row in rows.values_list("about", flat=True).distinct() if row is not None]


def _row_of(draft: Draft, at: dt.datetime) -> Mail:
    headers = {_PURPOSE: draft.purpose, **({"Content-Language": draft.language} if draft.language else {})}
    message = EmailMultiAlternatives(
        " ".join(draft.subject.split()), draft.text, to=[draft.to], headers=headers
    )
    if draft.html:
        message.attach_alternative(draft.html, "text/html")
    (row,) = _rows(message, at=at, about=draft.about, organization=draft.organization)
    row.due_at = draft.due_at or row.due_at
    return row


def give_up(*, using: str, at: dt.datetime) -> int:
    """Give up all queued mails after a restore, and erase them: some were sent since the backup. Returns how many."""
    waiting = Mail.objects.using(using).filter(due_at__isnull=False)
    return waiting.update(
        due_at=None,
        failed_at=at,
        failing_since=None,
        last_error=Code.LOST.value,
        body=b"",
        leased_by=None,
        leased_until=None,
    )


def waits(
    *, purpose: str, about: uuid.UUID, after: dt.datetime, organization: uuid.UUID | None = None
) -> bool:
    """Return whether a mail of this purpose about this subject and organization, or none, is due after an instant."""
    rows = Mail.objects.filter(purpose=purpose, about=about, organization=organization, due_at__gt=after)
    return rows.exists()


def undelivered(*, purpose: str, about: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Find the subjects of which the latest mail of this purpose was given up or returned. One statement."""
    latest = Mail.objects.filter(purpose=purpose, about__in=about).order_by("about", "-created_at", "-id")
    return {
        about
        for about, failed_at in latest.distinct("about").values_list("about", "failed_at")
        if about and failed_at
    }


@dataclass(frozen=True, slots=True)
class MailState:
    """Says when a mail was queued, and when it was sent, or given up or returned."""

    queued_at: dt.datetime
    sent_at: dt.datetime | None
    failed_at: dt.datetime | None


def latest(*, purpose: str, about: Collection[uuid.UUID]) -> dict[uuid.UUID, MailState]:
    """Read the state of the latest mail of this purpose about each subject. One statement; none for no subject."""
    if not about:
        return {}
    rows = Mail.objects.filter(purpose=purpose, about__in=about).order_by("about", "-created_at", "-id")
    columns = rows.distinct("about").values_list("about", "created_at", "sent_at", "failed_at")
    return {
        subject: MailState(queued_at, sent_at, failed_at)
        for subject, queued_at, sent_at, failed_at in columns
        if subject is not None
    }


def notify_deliverer() -> None:
    """Notify `deliver` of queued mails once the transaction has committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [listener.MAILS])


def _rows(
    message: EmailMessage,
    *,
    at: dt.datetime,
    about: uuid.UUID | None = None,
    organization: uuid.UUID | None = None,
) -> Iterable[Mail]:
    recipients = [address for _, address in getaddresses(message.recipients()) if address]
    return [_row(message.message(), recipient, at, about, organization) for recipient in recipients]


def _row(
    message: Message, recipient: str, at: dt.datetime, about: uuid.UUID | None, organization: uuid.UUID | None
) -> Mail:
    name, purpose = ids.uuid7(), message[_PURPOSE] or "account"
    del message[_PURPOSE]
    del message["Message-ID"]
    # Not the row's id, which is in the log: only a recipient of the mail can name it in a report.
    message["Message-ID"] = (
        f"<{secrets.token_hex(16)}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2]}>"
    )
    message[delivery_status.NAME_FIELD] = message["Message-ID"]
    row = Mail(
        id=name,
        message_id_hash=machine_secrets.hash_secret(message["Message-ID"]),
        purpose=str(purpose)[:40],
        about=about,
        organization=organization,
        created_at=at,
        due_at=at,
    )
    stored.encrypt(row=row, recipient=recipient, message=_wire_format(message))
    return row


def _wire_format(message: Message) -> bytes:
    """Return the bytes with the line ends of SMTP (RFC 5321 §2.3.8); relays refuse those that Python writes."""
    return b"\r\n".join(message.as_bytes().splitlines()) + b"\r\n"
