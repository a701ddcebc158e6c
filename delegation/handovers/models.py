"""A handover names the admin who gives, the successor, and how far it has come."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from delegation.invitations.models import Invitation
from identity.memberships.models import Membership
from identity.organizations.models import Organization


class Handover(models.Model):
    """Holds one handover. In SQL: its steps are taken in order, each once, and what was asked is never rewritten."""

    class HandoverStep(models.TextChoices):
        """Says how far it has come; one whose time is over keeps its step, and `ends_at` says so."""

        OPEN = "open"
        ACCEPTED = "accepted"
        COMPLETED = "completed"
        DECLINED = "declined"
        CANCELLED = "cancelled"
        REPLACED = "replaced"
        """Ended by its time, and a new one was begun."""

    class Fate(models.TextChoices):
        """Says what becomes of the giver."""

        STAYS = "stays"
        LEAVES = "leaves"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    giver = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    successor = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    """Set from the beginning for a colleague, and by the acceptance for an invited person."""
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    act = models.UUIDField()
    ends_at = models.DateTimeField()
    """Until when it can be accepted and completed."""
    step = models.CharField(max_length=10, choices=HandoverStep, default=HandoverStep.OPEN)
    accepted_at = models.DateTimeField(null=True)
    fate = models.CharField(max_length=6, choices=Fate, blank=True)
    closed_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "step"], name="handover_of_organization")]
        constraints = [
            models.UniqueConstraint(
                fields=["giver"], condition=Q(step__in=["open", "accepted"]), name="handover_one_live"
            ),
            models.CheckConstraint(
                condition=Q(successor__isnull=False) | Q(invitation__isnull=False),
                name="handover_to_a_person",
            ),
            models.CheckConstraint(condition=~Q(successor=F("giver")), name="handover_to_another"),
            models.CheckConstraint(
                condition=~Q(step__in=["accepted", "completed"])
                | Q(successor__isnull=False, accepted_at__isnull=False),
                name="handover_accepted_with_successor",
            ),
            models.CheckConstraint(
                condition=Q(step__in=["open", "accepted"], closed_by=None, closed_at=None)
                | (~Q(step__in=["open", "accepted"]) & Q(closed_by__isnull=False, closed_at__isnull=False)),
                name="handover_closed_with_step",
            ),
            models.CheckConstraint(
                condition=Q(step="completed", fate__in=["stays", "leaves"])
                | (~Q(step="completed") & Q(fate="")),
                name="handover_completed_with_fate",
            ),
            models.CheckConstraint(
                condition=~Q(step="completed")
                | Q(closed_at__lt=F("ends_at"), closed_at__gte=F("accepted_at")),
                name="handover_completed_in_time",
            ),
        ]
