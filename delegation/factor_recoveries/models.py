"""A request to replace a person's lost second factor is opened by one of the staff, and agreed to by another."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from identity.memberships.models import Membership
from identity.organizations.models import Organization


class FactorRecovery(models.Model):
    """Holds a request, decided once and used once. In SQL: what was asked for is never rewritten."""

    class Recognition(models.TextChoices):
        """Says how the person was recognized."""

        CALLED_BACK = "called_back"
        ADMIN = "admin"
        CONTACT = "contact"
        DOCUMENT = "document"
        IN_PERSON = "in_person"

    class State(models.TextChoices):
        """Says what became of the request; one whose time is over has no state of its own."""

        OPEN = "open"
        AGREED = "agreed"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        USED = "used"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    recognition = models.CharField(max_length=20, choices=Recognition)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_by = models.UUIDField()
    opened_at = models.DateTimeField()
    act = models.UUIDField()
    """Its event in the supplier's chain holds the proof, encrypted."""
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    usable_from = models.DateTimeField(null=True)
    """When the waiting time after the agreement is over."""
    ends_at = models.DateTimeField()
    """Until when it can be decided, and after the agreement, used."""
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["membership", "state"], name="recovery_of_membership")]
        constraints = [
            # Four eyes are two different people.
            models.CheckConstraint(
                condition=~Q(state__in=["agreed", "used"])
                | (Q(decided_by__isnull=False, usable_from__isnull=False) & ~Q(decided_by=F("opened_by"))),
                name="recovery_agreed_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(state="used", used_at__isnull=False)
                | (~Q(state="used") & Q(used_at__isnull=True)),
                name="recovery_used_with_state",
            ),
        ]
