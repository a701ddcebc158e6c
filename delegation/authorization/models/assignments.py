"""Assignments of roles to members are half-open intervals, ended and never rewritten."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from delegation.authorization.models.roles import Entitlement, Role
from identity.memberships.models import Membership
from identity.organizations.models import Organization, Site


class Assignment(models.Model):
    """Gives a membership a role for all or some sites, in an interval, with the giver.

    The event of `act` holds the reason, encrypted.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="assignments")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    """The membership's organization: a trigger sets it on every insert and update, whatever was written."""
    role = models.ForeignKey(Role, models.PROTECT, related_name="+")
    all_sites = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    assigned_by = models.UUIDField()
    assigned_by_kind = models.CharField(max_length=16)
    act = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="assignment_ends_after_it_begins",
            )
        ]
        indexes = [
            models.Index(fields=["membership", "valid_from"], name="assignment_of_membership"),
            models.Index(
                fields=["organization", "role"],
                name="assignment_without_end",
                condition=Q(valid_until__isnull=True),
            ),
        ]


class AssignmentSite(models.Model):
    """Names one site of an assignment that is not for all sites."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="sites")
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assignment", "site"], name="assignment_site_unique")]


class AssignmentLimit(models.Model):
    """Limits an entitlement to an amount. The application counts what was used."""

    class Period(models.TextChoices):
        """Says whether the amount is counted per order or over a time."""

        ORDER = "order"
        DAY = "day"
        WEEK = "week"
        MONTH = "month"
        QUARTER = "quarter"
        YEAR = "year"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="limits")
    entitlement = models.ForeignKey(Entitlement, models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    """None: explicitly without limit."""
    currency = models.CharField(max_length=3, blank=True)
    period = models.CharField(max_length=10, choices=Period, default=Period.ORDER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "entitlement"], name="assignment_limit_unique"),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="limit_not_negative"
            ),
        ]
