"""Ceilings say what the supplier offers an organization, and holds what it has stopped for a time."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q

from audit.foundation import ids
from audit.foundation.intervals import InForce, no_overlapping_intervals
from delegation.authorization.models.roles import Entitlement
from identity.clients.models import Application
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


def offer_of(*, organization: uuid.UUID, at: dt.datetime) -> "models.QuerySet[Ceiling]":
    """Filter the ceilings in force, which are the supplier's offer to this organization."""
    return Ceiling.objects.filter(InForce(at), organization=organization)


class Hold(models.Model):
    """Stops an entitlement of an organization, or everything in an application, in an interval.

    No right is removed: rights are computed without what is on hold.
    """

    class Reason(models.TextChoices):
        """Says why the supplier placed the hold; a note stands in the event of `act` alone, encrypted."""

        OVERDUE = "overdue"
        CONTRACT_ENDED = "contract_ended"
        INSOLVENCY = "insolvency"
        MISUSE = "misuse"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="holds")
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="+")
    entitlement = models.ForeignKey(Entitlement, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    placed_by = models.UUIDField()
    placed_by_kind = models.CharField(max_length=16)
    act = models.UUIDField()

    class Meta:
        constraints = [
            no_overlapping_intervals("hold_no_overlap", "organization", "entitlement"),
            no_overlapping_intervals("hold_of_application_no_overlap", "organization", "application"),
            models.CheckConstraint(
                condition=Q(application__isnull=True, entitlement__isnull=False)
                | Q(application__isnull=False, entitlement__isnull=True),
                name="hold_stops_one_thing",
            ),
        ]
