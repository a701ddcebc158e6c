"""The catalogue has entitlements, and the versioned roles that bundle them."""

from django.db import models

from audit.foundation import ids
from audit.foundation.intervals import no_overlapping_intervals
from identity.clients.models import Application


class Assurance(models.TextChoices):
    """Says which strength of sign-in a role requires (`delegation.authorization.policy.required_assurance`)."""

    PASSWORD = "password"  # noqa: S105 - a word
    MFA = "mfa"


class Entitlement(models.Model):
    """An entitlement is one permission in an application, such as `ordering:orders.place`."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    application = models.ForeignKey(Application, models.PROTECT, related_name="entitlements")
    key = models.CharField(max_length=80, unique=True)
    text = models.JSONField()
    """{language: text}: what its holder can do, as the rest of "… can"; `{limit}` where an amount belongs."""
    takes_amount = models.BooleanField(default=False)
    takes_sites = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField(default=0)


class Role(models.Model):
    """Names a set of entitlements and verbs; customers see the ready-made roles as tiers."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    key = models.SlugField(max_length=40, unique=True)
    name = models.JSONField()
    description = models.JSONField()
    rank = models.PositiveSmallIntegerField(default=0)


class RoleVersion(models.Model):
    """Holds the contents of a role in an interval. It is never rewritten: a change is a new version."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    role = models.ForeignKey(Role, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    verbs = models.JSONField(default=list)
    assignable_roles = models.JSONField(default=list)
    """Assignment authority: the keys of the roles that the holder may assign."""
    max_assignment_days = models.PositiveIntegerField(null=True)
    """The longest assignment that the holder may make; None: without end."""
    required_assurance = models.CharField(max_length=10, choices=Assurance.choices, default="password")
    is_admin = models.BooleanField(default=False)
    """Whether a holder counts as an admin for the rule that an organization keeps a working admin."""
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "number"], name="role_version_number"),
            no_overlapping_intervals("role_version_no_overlap", "role"),
        ]


class RoleEntitlement(models.Model):
    """A role version lets its holder use an entitlement (`allowed`), and assign it up to an amount (`assignable`)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    version = models.ForeignKey(RoleVersion, models.CASCADE, related_name="entitlements")
    entitlement = models.ForeignKey(Entitlement, models.PROTECT, related_name="+")
    allowed = models.BooleanField(default=True)
    assignable = models.BooleanField(default=False)
    max_assignable_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    """The highest amount that the holder may assign; None: up to the organization's ceiling."""
    max_assignable_currency = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "entitlement"], name="role_entitlement_unique"),
        ]
