"""The catalogue has templates of ceilings, proposed files, and files that reach the organizations in batches."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from delegation.authorization.models.roles import Entitlement
from identity.organizations.models import BusinessUnit, Organization

FILE_BYTES = 65_536
"""The longest file that a proposal holds, in UTF-8."""


class CatalogueProposal(models.Model):
    """Holds a file with the version of the catalogue that it was compared with. It is decided once, or becomes void."""

    class State(models.TextChoices):
        """Says what became of a proposal; void means that the catalogue changed first."""

        OPEN = "open"
        APPLIED = "applied"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        VOID = "void"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    file = models.TextField()
    digest = models.CharField(max_length=64)
    """The SHA-256 of the file, in hexadecimal."""
    version = models.CharField(max_length=64)
    """`StoredCatalogue.version` at the time."""
    lose = models.PositiveIntegerField()
    gain = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    proposed_by = models.UUIDField()
    proposed_by_kind = models.CharField(max_length=16)
    proposed_at = models.DateTimeField()
    act = models.UUIDField()
    decided_by = models.UUIDField(null=True)
    decided_by_kind = models.CharField(max_length=16, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_act = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], condition=Q(state="open"), name="proposal_open_once"),
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="proposal_decided_with_state",
            ),
            # Four eyes are two different people, and the second one is of the staff.
            models.CheckConstraint(
                condition=~Q(state="applied")
                | (Q(decided_by_kind="staff") & ~Q(decided_by=F("proposed_by"))),
                name="proposal_applied_by_another_person",
            ),
        ]


class CatalogueWave(models.Model):
    """Says how far the consequences of an applied catalogue have reached: all organizations up to `position`."""

    act = models.UUIDField(primary_key=True)
    roles = models.JSONField()
    """The keys of the roles whose holders' rights may differ."""
    at = models.DateTimeField()
    position = models.UUIDField(null=True)


class CeilingTemplate(models.Model):
    """Names an offer that staff start from; a changed template changes no organization's ceiling."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    key = models.SlugField(max_length=40, unique=True)
    name = models.JSONField()
    units = models.JSONField(default=list)
    """The keys of the business units that use it; empty: all."""
    offer = models.JSONField()
    """The amount of each entitlement by key, as a decimal string; null for one without limit."""
    rank = models.PositiveSmallIntegerField(default=0)


class UnitCeiling(models.Model):
    """One business unit offers an organization an entitlement up to an amount in an interval.

    The organization's ceiling is the highest of its units (`delegation.authorization.models.ceilings`), and is written
    in the same act. Rows of one unit and entitlement do not overlap (`unit_ceiling_no_overlap`).
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    unit = models.ForeignKey(BusinessUnit, models.PROTECT, null=True, related_name="+")
    """None for an organization that no business unit has a number for: the supplier itself offers it."""
    entitlement = models.ForeignKey(Entitlement, models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    """None: without limit."""
    currency = models.CharField(max_length=3, blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
