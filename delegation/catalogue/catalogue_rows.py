"""The rows of the catalogue are read before the supplier's lock, and written under it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from delegation.authorization.models.duties import DutyConflict, DutyConflictVersion
from delegation.authorization.models.roles import Entitlement, RoleEntitlement, RoleVersion
from delegation.catalogue.models import CeilingTemplate
from identity.clients.models import Application
from identity.organizations.models import BusinessUnit


@dataclass(frozen=True, slots=True)
class CatalogueRows:
    """Holds the rows of the catalogue in force, in the order of its lists."""

    units: Sequence[BusinessUnit]
    applications: Sequence[Application]
    entitlements: Sequence[Entitlement]
    versions: Sequence[RoleVersion]
    """The version in force of each role, with the role."""
    lines: Sequence[RoleEntitlement]
    """What these versions hold, each with its entitlement."""
    templates: Sequence[CeilingTemplate]
    conflicts: Sequence[DutyConflict]
    """Those that have ended too, each with its entitlements and, as `enforcement`, the version in force or None."""


def load_rows() -> CatalogueRows:
    """Read the catalogue in force. Seven statements."""
    versions = RoleVersion.objects.filter(valid_until=None).select_related("role")
    found = list(versions.order_by("role__rank", "role"))
    lines = RoleEntitlement.objects.filter(version__in=found).select_related("entitlement")
    return CatalogueRows(
        units=list(BusinessUnit.objects.order_by("key")),
        applications=list(Application.objects.order_by("key")),
        entitlements=list(Entitlement.objects.order_by("rank", "key")),
        versions=found,
        lines=list(lines.order_by("entitlement__rank", "entitlement__key")),
        templates=list(CeilingTemplate.objects.order_by("rank", "key")),
        conflicts=list(_conflicts()),
    )


def _conflicts() -> QuerySet[DutyConflict]:
    versions = DutyConflictVersion.objects.filter(conflict=OuterRef("pk"), valid_until=None)
    rows = DutyConflict.objects.select_related("first", "second").order_by("rank", "key")
    return rows.annotate(enforcement=Subquery(versions.values("enforcement")))
