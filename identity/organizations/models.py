"""Customer companies have sites, and a customer number in each of the supplier's business units."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from audit.foundation.intervals import no_overlapping_intervals


class BusinessUnit(models.Model):
    """A business unit is the supplier's brand, region or division."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    brand = models.SlugField(max_length=40, blank=True)
    """The brand of pages and mails (KEYHOLDER_BRANDS); empty for the default one."""


class Organization(models.Model):
    """An organization is a customer company. Its id is also the id of its chain in the log."""

    class Status(models.TextChoices):
        """Says whether an organization is active; only then are its memberships in force."""

        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=400)
    register_id = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    """The current status. Suspended exactly while a `Suspension` without an end holds, which says what held when."""
    language = models.CharField(max_length=10, default="en")
    time_zone = models.CharField(max_length=40, default="Europe/Helsinki")
    mail_domains = ArrayField(models.CharField(max_length=253), default=list)
    """The domains of the organization's own addresses, in lower case; empty: not known."""
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sort_key", "id"], name="organization_by_name")]


class Suspension(models.Model):
    """Holds a half-open interval in which the supplier has suspended an organization; it ends by an act alone."""

    class SuspensionReason(models.TextChoices):
        """Says why, by code."""

        REQUESTED = "requested"
        SECURITY = "security"
        OVERDUE = "overdue"
        CONTRACT_ENDED = "contract_ended"
        MISUSE = "misuse"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="suspensions")
    reason = models.CharField(max_length=20, choices=SuspensionReason)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    """When the organization was resumed."""
    resume_at = models.DateTimeField(null=True, db_index=True)
    """When the deliverer is to resume it; NULL: staff do."""
    suspended_by = models.UUIDField()
    suspended_by_kind = models.CharField(max_length=16)
    act = models.UUIDField()

    class Meta:
        constraints = [
            no_overlapping_intervals("suspension_no_overlap", "organization"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="suspension_not_empty",
            ),
            models.CheckConstraint(
                condition=Q(resume_at__isnull=True) | Q(resume_at__gt=F("valid_from")),
                name="suspension_resumes_later",
            ),
        ]


class CustomerNumber(models.Model):
    """Holds the number under which one business unit knows the organization."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="customer_numbers")
    unit = models.ForeignKey(BusinessUnit, models.PROTECT)
    number = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "unit"], name="customer_number_one_per_unit"),
            models.UniqueConstraint(fields=["unit", "number"], name="customer_number_unique_in_unit"),
        ]


class Site(models.Model):
    """Describes a place or department that members order for."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="sites")
    name = models.CharField(max_length=120)
    sort_key = models.CharField(max_length=240)
    external_id = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="site_name_in_organization")
        ]
