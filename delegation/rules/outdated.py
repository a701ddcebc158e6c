"""What is kept long enough: answers to requests that nobody repeats any more, and links that have long been dead."""

import datetime as dt

from django.db.models import Q, QuerySet

from delegation.models import InvitationToken, Once

ANSWERS_KEPT = dt.timedelta(days=7)
"""A page left open over a weekend may still be sent a second time."""
LINKS_KEPT = dt.timedelta(days=90)
"""For so long a dead link says why it is dead; then it is a link like any other that never was one."""


def answers(*, at: dt.datetime) -> QuerySet[Once]:
    """Kept outcomes under idempotency keys, oldest first."""
    return Once.objects.filter(at__lt=at - ANSWERS_KEPT).order_by("id")


def links(*, at: dt.datetime) -> QuerySet[InvitationToken]:
    """Links of invitations that were accepted, withdrawn or left to expire; the invitations stay, for the log."""
    before = at - LINKS_KEPT
    over = Q(invitation__accepted_at__lt=before) | Q(invitation__cancelled_at__lt=before)
    return InvitationToken.objects.filter(over | Q(invitation__expires_at__lt=before)).order_by("hash")


def is_any(*, at: dt.datetime) -> bool:
    """Whether there is anything to forget. Two statements at most."""
    return answers(at=at).exists() or links(at=at).exists()
