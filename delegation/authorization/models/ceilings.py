"""Ceilings and holds: what the supplier offers an organization, and what it has stopped for a time."""

from django.db import models

from audit.foundation import ids
from audit.foundation.intervals import no_overlapping_intervals
from delegation.authorization.models.roles import Entitlement
from identity.organizations.models import Organization


class Ceiling(models.Model):
    """The supplier offers an entitlement up to an amount in an interval. Without a row it is not offered."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="ceilings")
    entitlement = models.ForeignKey(Entitlement, models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    """None: without limit."""
    currency = models.CharField(max_length=3, blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [no_overlapping_intervals("ceiling_no_overlap", "organization", "entitlement")]


class Hold(models.Model):
    """Stops an entitlement of an organization on the supplier's behalf, in an interval and with a reason."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="holds")
    entitlement = models.ForeignKey(Entitlement, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [no_overlapping_intervals("hold_no_overlap", "organization", "entitlement")]
