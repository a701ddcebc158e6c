"""A person is erased who has had no membership for the retention period, and has none ahead."""

import datetime as dt
import uuid

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from delegation.invitations.models import Invitation
from identity.memberships.models import MembershipPeriod
from identity.people.models import User


def due(*, at: dt.datetime) -> QuerySet[User]:
    """Filter the people whose last membership ended longer ago than `ERASURE_AFTER`, oldest users first.

    An open invitation to the address keeps the person: accepting it brings the membership back.
    """
    cutoff = at - settings.ERASURE_AFTER
    recent = MembershipPeriod.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=cutoff), membership__user=OuterRef("pk")
    )
    invited = Invitation.objects.filter(
        email=OuterRef("email"), accepted_at=None, cancelled_at=None, expires_at__gt=at
    )
    people = User.objects.filter(is_active=True, created_at__lt=cutoff)
    return people.filter(~Exists(recent), ~Exists(invited)).order_by("created_at", "id")


def is_due(*, user: uuid.UUID, at: dt.datetime) -> bool:
    """Return whether this person is to be erased. One statement."""
    return due(at=at).filter(pk=user).exists()
