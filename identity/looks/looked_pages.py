"""The page that the person has open now is stored for the staff member, and deleted when the look has ended."""

import datetime as dt
import logging
import uuid
from dataclasses import dataclass

from django.core import signing
from django.db import connection, transaction
from django.db.models import Q

from audit.foundation import clock, db
from identity.looks.models import LookPage

logger = logging.getLogger("django.security.SuspiciousOperation")
_LONGEST_WAIT = dt.timedelta(milliseconds=100)
_PRESENT = clock.SQL_NOW.replace("%s", "%(moved)s")
_STORE = f"""
INSERT INTO identity_lookpage (look_id, route, title, body, subject, at)
SELECT id, %(route)s, %(title)s, %(body)s, %(subject)s::uuid, %(at)s FROM identity_look_at({_PRESENT})
WHERE id = %(look)s
ON CONFLICT (look_id) DO UPDATE
SET route = EXCLUDED.route, title = EXCLUDED.title, body = EXCLUDED.body, subject = EXCLUDED.subject, at = EXCLUDED.at
"""  # noqa: S608 - a constant of the clock
LONGEST_BODY = 1024 * 1024
"""Bytes of a page; a longer one is stored as one that is not shown."""


@dataclass(frozen=True, slots=True)
class ShownPage:
    """Describes the page; `body` is empty for one that is never shown."""

    route: str
    title: str
    body: str
    subject: uuid.UUID | None
    at: dt.datetime


def store(*, look: uuid.UUID, page: ShownPage) -> None:
    """Replace the page of this look, signed; nothing is stored for one that has ended. Two statements.

    Raises OperationalError where another transaction holds the row.
    """
    body = page.body if len(page.body.encode()) <= LONGEST_BODY else ""
    row = LookPage(
        look_id=look, route=page.route[:60], title=page.title[:300], subject=page.subject, at=page.at
    )
    signed = signing.dumps(body, salt=_salt_of(row), compress=True) if body else ""
    row.body = signed if len(signed) <= LONGEST_BODY else ""
    columns = ("route", "title", "body", "subject", "at")
    with transaction.atomic(), connection.cursor() as cursor:
        db.limit_lock_waits(longest=_LONGEST_WAIT)
        cursor.execute(
            _STORE, {"look": look, "moved": clock.offset(), **{name: getattr(row, name) for name in columns}}
        )


def read_page(*, look: uuid.UUID) -> ShownPage | None:
    """Read the page that was opened last; None before the first. One statement.

    One whose signature belongs to another look, page, colleague or instant is not shown.
    """
    row = LookPage.objects.filter(look=look).first()
    if row is None:
        return None
    try:
        body = signing.loads(row.body, salt=_salt_of(row)) if row.body else ""
    except signing.BadSignature:
        logger.warning("A page of a look does not belong to its row.")
        return ShownPage("", "", "", None, row.at)
    return ShownPage(row.route, row.title, body, row.subject if body else None, row.at)


def _salt_of(row: LookPage) -> str:
    """Bind the page to its row: SQL as the application's role gives a staff member nothing else to see."""
    at = row.at.astimezone(dt.UTC).isoformat()
    return f"identity.looks {row.look_id} {row.route} {row.subject} {at} {row.title}"


def delete(*, look: uuid.UUID) -> None:
    """Delete the page of a look that has ended."""
    LookPage.objects.filter(look=look).delete()


def delete_of_member(*, membership: uuid.UUID) -> None:
    """Delete the pages of all looks at a person whose next look replaces them."""
    LookPage.objects.filter(look__membership=membership).delete()


def clear_expired(*, at: dt.datetime) -> None:
    """Delete the pages of all looks that cannot hold any more."""
    ended = Q(look__valid_until__lte=at) | Q(look__ended_at__isnull=False)
    LookPage.objects.filter(ended).delete()
