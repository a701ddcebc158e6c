"""Events hold the catalogue as JSON, from which `manage.py audit verify --state` rebuilds its tables."""

from collections.abc import Collection, Iterable
from typing import Any

from delegation.authorization.models.roles import Entitlement, RoleEntitlement, RoleVersion
from delegation.authorization.values import amount_to_json
from delegation.catalogue.defaults import CeilingTemplateSpec


def entitlement_to_json(row: Entitlement) -> dict[str, Any]:
    """Return what decides how an entitlement is assigned; its texts are not in the log."""
    return {"takes_amount": row.takes_amount, "takes_sites": row.takes_sites, "rank": row.rank}


def template_to_json(spec: CeilingTemplateSpec, known: Collection[str]) -> dict[str, Any]:
    """Return the units of a template of ceilings, and its amounts for known entitlements."""
    offer = {key: amount_to_json(amount) for key, amount in sorted(spec.offer.items()) if key in known}
    return {"units": sorted(spec.units), "offer": offer}


def version_to_json(version: RoleVersion, rows: Iterable[RoleEntitlement]) -> dict[str, Any]:
    """Return everything that a version gives its holder."""
    return {
        "number": version.number,
        "verbs": version.verbs,
        "assignable_roles": version.assignable_roles,
        "max_assignment_days": version.max_assignment_days,
        "required_assurance": version.required_assurance,
        "is_admin": version.is_admin,
        "entitlements": {row.entitlement.key: _entitlement_of_role(row) for row in rows},
    }


def _entitlement_of_role(row: RoleEntitlement) -> dict[str, Any]:
    return {
        "allowed": row.allowed,
        "assignable": row.assignable,
        "amount": amount_to_json(row.max_assignable_amount),
        "currency": row.max_assignable_currency,
    }
