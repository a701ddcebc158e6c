"""The page that the person has open now is stored for the staff member, and deleted when the look has ended."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import Q

from identity.looks.models import LookPage

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
    """Replace the page of this look. One statement."""
    body = page.body if len(page.body.encode()) <= LONGEST_BODY else ""
    row = LookPage(
        look_id=look,
        route=page.route[:60],
        title=page.title[:300],
        body=body,
        subject=page.subject,
        at=page.at,
    )
    columns = ["route", "title", "body", "subject", "at"]
    LookPage.objects.bulk_create([row], update_conflicts=True, unique_fields=["look"], update_fields=columns)


def read_page(*, look: uuid.UUID) -> ShownPage | None:
    """Read the page that was opened last; None before the first. One statement."""
    row = LookPage.objects.filter(look=look).first()
    return ShownPage(row.route, row.title, row.body, row.subject, row.at) if row else None


def delete(*, look: uuid.UUID) -> None:
    """Delete the page of a look that has ended."""
    LookPage.objects.filter(look=look).delete()


def clear_expired(*, at: dt.datetime) -> None:
    """Delete the pages of all looks that cannot hold any more."""
    ended = Q(look__valid_until__lte=at) | Q(look__ended_at__isnull=False)
    LookPage.objects.filter(ended).delete()
