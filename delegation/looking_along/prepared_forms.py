"""Prepared forms are marked as sent by the person's own request, and deleted after the look."""

import datetime as dt
import uuid

from audit.models import Event
from delegation.looking_along.models import PreparedForm


def mark_sent(*, prepared: uuid.UUID, person: uuid.UUID, organization: uuid.UUID, since: dt.datetime) -> None:
    """Offer the form no more, if the person has done something in this organization since. Two statements at most."""
    done = Event.objects.filter(chain=organization, actor=person, outcome=Event.Outcome.DONE, at__gte=since)
    if done.exists():
        PreparedForm.objects.filter(id=prepared, sent_at=None).update(sent_at=since)


def clear_expired(*, at: dt.datetime) -> None:
    """Delete what was prepared in looks that are over."""
    PreparedForm.objects.filter(look__valid_until__lte=at).delete()
