"""Prepared forms are marked as sent by the person's own request, and deleted after the look."""

import datetime as dt
import uuid

from delegation.looking_along.models import PreparedForm


def mark_sent(*, prepared: uuid.UUID, at: dt.datetime) -> None:
    """Offer the form no more. One statement."""
    PreparedForm.objects.filter(id=prepared, sent_at=None).update(sent_at=at)


def clear_expired(*, at: dt.datetime) -> None:
    """Delete what was prepared in looks that are over."""
    PreparedForm.objects.filter(look__valid_until__lte=at).delete()
