"""A warning says that a membership will be suspended unless the person signs in."""

from django.db import models
from django.db.models import Q

from audit.foundation import ids
from identity.memberships.models import Membership
from identity.organizations.models import Organization


class DormancyWarning(models.Model):
    """Holds the first or second warning to a dormant member. In SQL: never changed or deleted."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    warned_at = models.DateTimeField()
    suspends_at = models.DateTimeField()
    """What the mail said; the membership is suspended then or later."""
    act = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "warned_at"], name="dormancy_warning_once"),
            models.CheckConstraint(condition=Q(number__in=[1, 2]), name="dormancy_warning_first_or_second"),
        ]
