"""What is kept long enough: answers to requests that nobody repeats any more, and links that have long been dead."""

import datetime as dt

from django.db.models import Q, QuerySet

from delegation.acts.models import IdempotencyRecord
from delegation.invitations.models import InvitationToken

IDEMPOTENCY_RETENTION = dt.timedelta(days=7)
"""A page left open over a weekend may still be sent a second time."""
LINK_RETENTION = dt.timedelta(days=90)
"""For so long a dead link says why it is dead; then it is a link like any other that never was one."""


def expired_idempotency_records(*, at: dt.datetime) -> QuerySet[IdempotencyRecord]:
    """Kept outcomes under idempotency keys, oldest first."""
    return IdempotencyRecord.objects.filter(at__lt=at - IDEMPOTENCY_RETENTION).order_by("id")


def dead_links(*, at: dt.datetime) -> QuerySet[InvitationToken]:
    """Links of invitations that were accepted, withdrawn or left to expire; the invitations stay, for the log."""
    before = at - LINK_RETENTION
    over = Q(invitation__accepted_at__lt=before) | Q(invitation__cancelled_at__lt=before)
    return InvitationToken.objects.filter(over | Q(invitation__expires_at__lt=before)).order_by("hash")


def has_expired(*, at: dt.datetime) -> bool:
    """Whether there is anything to forget. Two statements at most."""
    return expired_idempotency_records(at=at).exists() or dead_links(at=at).exists()
