"""A person reads which mails were sent to the person; their texts are erased once sent."""

import datetime as dt
import uuid
from dataclasses import dataclass

from audit.foundation.encryption import DecryptionFailed
from provisioning.mail import stored
from provisioning.mail.models import Mail

MOST = 1000
"""The newest mails about the person that are read."""


@dataclass(frozen=True, slots=True)
class SentMail:
    """Holds a mail without its text; `purpose` stands for the subject."""

    purpose: str
    queued_at: dt.datetime
    sent_at: dt.datetime | None
    failed_at: dt.datetime | None


def to_person(*, user: uuid.UUID, address: str) -> list[SentMail]:
    """List the mails about this person that went to this address, the newest first. One statement."""
    rows = Mail.objects.filter(about=user).order_by("-created_at", "-id")[:MOST]
    return [
        SentMail(row.purpose, row.created_at, row.sent_at, row.failed_at)
        for row in rows
        if _recipient(row) == address.lower()
    ]


def _recipient(row: Mail) -> str:
    try:
        return stored.recipient(row=row).lower()
    except DecryptionFailed:
        return ""
