"""A colleague says that an admin has left; nothing changes until a person who may decide does."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from identity.memberships.models import Membership
from identity.organizations.models import Organization


class AbsenceClaim(models.Model):
    """Holds what a colleague said about an admin, closed once. In SQL: what was said is never rewritten."""

    class Absence(models.TextChoices):
        """Says what the colleague knows."""

        LEFT = "left"
        AWAY = "away"
        OTHER_WORK = "other_work"
        UNSURE = "unsure"

    class State(models.TextChoices):
        """Says what became of the claim; one without an answer in time stays open."""

        OPEN = "open"
        HERE = "here"
        """The admin answered."""
        WITHDRAWN = "withdrawn"
        """By the colleague who made it."""
        DISMISSED = "dismissed"
        """By another admin, or by support."""
        REMOVED = "removed"
        """The admin's access ended."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    person = models.UUIDField()
    """The user of the membership."""
    reason = models.CharField(max_length=10, choices=Absence)
    claimed_by = models.UUIDField()
    claimed_at = models.DateTimeField()
    act = models.UUIDField()
    """Its event holds the message, encrypted."""
    answer_by = models.DateTimeField()
    """From then on it is on support's worklist."""
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    closed_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "state"], name="absence_claim_of_organization"),
            models.Index(fields=["answer_by"], name="absence_claim_unanswered", condition=Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=Q(state="open"), name="absence_claim_one_open"
            ),
            models.CheckConstraint(
                condition=Q(answer_by__gt=F("claimed_at")) & ~Q(claimed_by=F("person")),
                name="absence_claim_of_another_person",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_by=None, closed_at=None)
                | (~Q(state="open") & Q(closed_by__isnull=False, closed_at__gte=F("claimed_at"))),
                name="absence_claim_closed_with_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "removed"])
                | Q(state="here", closed_by=F("person"))
                | Q(state="withdrawn", closed_by=F("claimed_by"))
                | (Q(state="dismissed") & ~Q(closed_by=F("person")) & ~Q(closed_by=F("claimed_by"))),
                name="absence_claim_closed_by_the_right_person",
            ),
        ]
