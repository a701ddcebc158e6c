"""A verified mail domain is an interval: it begins when the DNS record was found, and ends when it is gone."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from audit.foundation.intervals import no_overlapping_intervals
from identity.organizations.models import Organization


class DomainVerification(models.Model):
    """Holds the half-open interval in which the organization's DNS record was in the domain.

    In SQL: a row is ended once and never rewritten.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="domain_verifications")
    domain = models.CharField(max_length=253)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    act = models.UUIDField()

    class Meta:
        constraints = [
            no_overlapping_intervals("domain_verified_no_overlap", "organization", "domain"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="domain_verified_not_empty",
            ),
        ]
