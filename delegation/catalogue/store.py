"""The rows of the catalogue are written here; a changed role gets a new version, and no version is rewritten."""

import datetime as dt
import uuid
from typing import Any

from django.db.models import Q

from delegation.authorization.models.roles import Assurance, Entitlement, Role, RoleEntitlement, RoleVersion
from delegation.catalogue import events
from delegation.catalogue.defaults import Catalogue, EntitlementSpec, RoleSpec
from identity.clients.models import Application
from identity.organizations.models import BusinessUnit


def add_units(catalogue: Catalogue) -> list[str]:
    """Add the business units that are missing, and return their keys; existing ones keep their names."""
    known = set(BusinessUnit.objects.filter(key__in=list(catalogue.units)).values_list("key", flat=True))
    new = {key: name for key, name in sorted(catalogue.units.items()) if key not in known}
    BusinessUnit.objects.bulk_create([BusinessUnit(key=key, name=name) for key, name in new.items()])
    return list(new)


def set_brands(catalogue: Catalogue) -> None:
    """Give each business unit of the file its brand; a unit without one gets the default brand."""
    for unit in BusinessUnit.objects.filter(key__in=catalogue.units):
        brand = catalogue.brands.get(unit.key, "")
        if unit.brand != brand:
            unit.brand = brand
            unit.save(update_fields=["brand"])


def apply_entitlements(catalogue: Catalogue) -> dict[str, Entitlement]:
    """Write the entitlements of registered applications, and the applications' icons."""
    applications = {row.key: row for row in Application.objects.all()}
    for row in applications.values():
        _set_icon(row, catalogue.icons.get(row.key, ""))
    entitlements: dict[str, Entitlement] = {}
    for rank, spec in enumerate(catalogue.entitlements):
        application = applications.get(spec.key.partition(":")[0])
        if application is not None:
            entitlements[spec.key] = _entitlement(spec, rank, application)
    return entitlements


def _set_icon(application: Application, icon: str) -> None:
    if application.icon != icon:
        application.icon = icon
        application.save(update_fields=["icon"])


def _entitlement(spec: EntitlementSpec, rank: int, application: Application) -> Entitlement:
    row, _ = Entitlement.objects.update_or_create(
        key=spec.key,
        defaults={
            "application": application,
            "text": dict(spec.text),
            "takes_amount": spec.takes_amount,
            "takes_sites": spec.takes_sites,
            "rank": rank,
        },
    )
    return row


def apply_role(
    spec: RoleSpec, rank: int, known: dict[str, Entitlement], at: dt.datetime
) -> dict[str, Any] | None:
    """Apply one role, and return its new version as the event states it; None where nothing differs."""
    role, _ = Role.objects.update_or_create(
        key=spec.key, defaults={"name": dict(spec.name), "description": dict(spec.description), "rank": rank}
    )
    current = RoleVersion.objects.filter(role=role, valid_until=None).first()
    if current is not None and _contents(current) == _expected_contents(spec, known):
        return None
    number = current.number + 1 if current else 1
    RoleVersion.objects.filter(Q(role=role), valid_until=None).update(valid_until=at)
    version = RoleVersion.objects.create(role=role, number=number, valid_from=at, **_fields(spec))
    rows = RoleEntitlement.objects.bulk_create(_role_entitlements(spec, version, known))
    return events.version_to_json(version, rows)


def _fields(spec: RoleSpec) -> dict[str, object]:
    return {
        "verbs": sorted(verb.value for verb in spec.verbs),
        "assignable_roles": sorted(spec.assignable_roles),
        "max_assignment_days": spec.max_assignment_days,
        "required_assurance": Assurance.MFA.value if spec.mfa else Assurance.PASSWORD.value,
        "is_admin": spec.is_admin,
    }


def _role_entitlements(
    spec: RoleSpec, version: RoleVersion, known: dict[str, Entitlement]
) -> list[RoleEntitlement]:
    keys = [key for key in dict.fromkeys([*spec.entitlements, *spec.assignable_amounts]) if key in known]
    return [
        RoleEntitlement(
            version=version,
            entitlement=known[key],
            allowed=key in spec.entitlements,
            assignable=key in spec.assignable_amounts,
            max_assignable_amount=spec.assignable_amounts.get(key),
            max_assignable_currency="EUR" if key in spec.assignable_amounts else "",
        )
        for key in keys
    ]


def _expected_contents(spec: RoleSpec, known: dict[str, Entitlement]) -> object:
    lines = {
        (
            known[key].id,
            key in spec.entitlements,
            key in spec.assignable_amounts,
            spec.assignable_amounts.get(key),
        )
        for key in dict.fromkeys([*spec.entitlements, *spec.assignable_amounts])
        if key in known
    }
    return _fields(spec), lines


def _contents(version: RoleVersion) -> object:
    fields = {
        name: getattr(version, name)
        for name in ("verbs", "assignable_roles", "max_assignment_days", "required_assurance", "is_admin")
    }
    lines: set[tuple[uuid.UUID, bool, bool, object]] = {
        (row.entitlement_id, row.allowed, row.assignable, row.max_assignable_amount)
        for row in version.entitlements.all()
    }
    return fields, lines
