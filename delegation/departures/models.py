"""A planned removal names the instant at which a membership ends, and what became of the plan."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from identity.memberships.models import Membership
from identity.organizations.models import Organization


class PlannedRemoval(models.Model):
    """Plans the end of a membership, whose period ends at `ends_at`: access stops then without any process.

    A row is closed once and never rewritten; a change is a new row. The events of `act` hold the reason, encrypted.
    """

    class PlanOutcome(models.TextChoices):
        """Says what closed a plan."""

        CANCELLED = "cancelled"
        REPLACED = "replaced"
        """By another instant, or by an earlier removal."""
        CARRIED_OUT = "carried_out"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="planned_removals")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    ends_at = models.DateTimeField()
    planned_at = models.DateTimeField()
    planned_by = models.UUIDField()
    planned_by_kind = models.CharField(max_length=16)
    act = models.UUIDField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=PlanOutcome, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=Q(closed_at=None), name="planned_removal_one_open"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("planned_at")), name="planned_removal_ahead"),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="")
                | Q(closed_at__isnull=False, outcome__in=["cancelled", "replaced", "carried_out"]),
                name="planned_removal_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="carried_out") | Q(closed_at__gte=F("ends_at")),
                name="planned_removal_not_early",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="cancelled") | Q(closed_at__lt=F("ends_at")),
                name="planned_removal_cancelled_in_time",
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], name="planned_removal_due", condition=Q(closed_at=None)),
        ]
