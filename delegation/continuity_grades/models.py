"""An admin confirms once a year to be one still."""

from django.db import models

from audit.foundation import ids
from identity.memberships.models import Membership
from identity.organizations.models import Organization


class AdminConfirmation(models.Model):
    """Holds the instant at which an admin confirmed to be one still. In SQL: never changed or deleted."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    confirmed_at = models.DateTimeField()
    act = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "confirmed_at"], name="admin_confirmation_once")
        ]


class ContinuityWatch(models.Model):
    """Holds the grade that the watch saw last, so that each fall is noticed once. It is no truth of its own."""

    organization = models.OneToOneField(
        Organization, models.CASCADE, primary_key=True, related_name="continuity_watch"
    )
    grade = models.CharField(max_length=10)
    fell_from = models.CharField(max_length=10, blank=True)
    """The grade before the last fall; empty where the grade has risen since, or never fell."""
    fell_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    """When the admins were mailed because of this fall."""
