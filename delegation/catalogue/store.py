"""The rows of the catalogue are written here; a changed role gets a new version, and no version is rewritten."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from audit.foundation.intervals import NotEnded
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import Assurance, Entitlement, Role, RoleEntitlement, RoleVersion
from delegation.catalogue import events
from delegation.catalogue.defaults import Catalogue, EntitlementSpec, RoleSpec
from delegation.catalogue.models import CatalogueWave, CeilingTemplate
from identity.clients.models import Application
from identity.organizations.models import BusinessUnit

R = TypeVar("R", Entitlement, Role, CeilingTemplate)


def add_units(catalogue: Catalogue) -> list[str]:
    """Add the business units that are missing, and return their keys; existing ones keep their names."""
    known = set(BusinessUnit.objects.filter(key__in=list(catalogue.units)).values_list("key", flat=True))
    new = {key: name for key, name in sorted(catalogue.units.items()) if key not in known}
    BusinessUnit.objects.bulk_create([BusinessUnit(key=key, name=name) for key, name in new.items()])
    return list(new)


def begin_wave(*, act: uuid.UUID, at: dt.datetime, roles: Sequence[str]) -> None:
    """Let the organizations learn of this act, if any assignment of these roles has not ended."""
    if roles and Assignment.objects.filter(NotEnded(at), role__key__in=roles).exists():
        CatalogueWave.objects.create(act=act, at=at, roles=list(roles))


def advance_wave(wave: CatalogueWave, *, position: uuid.UUID) -> bool:
    """Move a wave on from where it was read; False where another process has moved it."""
    moved = CatalogueWave.objects.filter(act=wave.act, position=wave.position)
    return bool(moved.update(position=position))


def set_brands(catalogue: Catalogue) -> None:
    """Give each business unit of the file its brand; a unit without one gets the default brand."""
    for unit in BusinessUnit.objects.filter(key__in=catalogue.units):
        brand = catalogue.brands.get(unit.key, "")
        if unit.brand != brand:
            unit.brand = brand
            unit.save(update_fields=["brand"])


def apply_entitlements(catalogue: Catalogue) -> dict[str, Entitlement]:
    """Write the entitlements of registered applications that differ, and the applications' icons."""
    applications = {row.key: row for row in Application.objects.all()}
    for row in applications.values():
        _set_icon(row, catalogue.icons.get(row.key, ""))
    stored = {row.key: row for row in Entitlement.objects.all()}
    known = [spec for spec in catalogue.entitlements if spec.key.partition(":")[0] in applications]
    rows = {}
    for rank, spec in enumerate(catalogue.entitlements):
        if spec in known:
            application = applications[spec.key.partition(":")[0]]
            rows[spec.key] = _entitlement(stored.get(spec.key), spec, rank, application)
    return rows


def apply_templates(catalogue: Catalogue, known: Mapping[str, Entitlement]) -> None:
    """Write the templates of ceilings that differ; those that the file does not name stay."""
    stored = {row.key: row for row in CeilingTemplate.objects.all()}
    for rank, spec in enumerate(catalogue.ceiling_templates):
        facts = events.template_to_json(spec, known)
        row = stored.get(spec.key)
        fields = {"name": dict(spec.name), **facts, "rank": rank}
        _saved(row or CeilingTemplate(key=spec.key), fields, is_new=row is None)


def _set_icon(application: Application, icon: str) -> None:
    if application.icon != icon:
        application.icon = icon
        application.save(update_fields=["icon"])


def _entitlement(
    row: Entitlement | None, spec: EntitlementSpec, rank: int, application: Application
) -> Entitlement:
    fields = {
        "application_id": application.id,
        "text": dict(spec.text),
        "takes_amount": spec.takes_amount,
        "takes_sites": spec.takes_sites,
        "rank": rank,
    }
    return _saved(row or Entitlement(key=spec.key), fields, is_new=row is None)


def _saved(row: R, fields: Mapping[str, object], *, is_new: bool) -> R:
    """Write a row that is new or differs; an equal one costs no statement under the supplier's lock."""
    if is_new or any(getattr(row, name) != value for name, value in fields.items()):
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(force_insert=is_new)
    return row


def apply_roles(
    catalogue: Catalogue, known: Mapping[str, Entitlement], at: dt.datetime
) -> dict[str, dict[str, Any]]:
    """Write the roles that differ, and return their new versions as the event states them."""
    stored = {row.key: row for row in Role.objects.all()}
    rows = RoleVersion.objects.filter(valid_until=None).prefetch_related("entitlements")
    versions = {row.role_id: row for row in rows}
    changed = {}
    for rank, spec in enumerate(catalogue.roles):
        row = stored.get(spec.key)
        fields = {"name": dict(spec.name), "description": dict(spec.description), "rank": rank}
        role = _saved(row or Role(key=spec.key), fields, is_new=row is None)
        if (version := _apply_version(role, versions.get(role.id), spec, known, at)) is not None:
            changed[spec.key] = version
    return changed


def _apply_version(
    role: Role,
    current: RoleVersion | None,
    spec: RoleSpec,
    known: Mapping[str, Entitlement],
    at: dt.datetime,
) -> dict[str, Any] | None:
    """Replace the version of a role, and return the new one as the event states it; None where nothing differs."""
    if current is not None and _contents(current) == _expected_contents(spec, known):
        return None
    number = current.number + 1 if current else 1
    RoleVersion.objects.filter(role=role, valid_until=None).update(valid_until=at)
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
    spec: RoleSpec, version: RoleVersion, known: Mapping[str, Entitlement]
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


def _expected_contents(spec: RoleSpec, known: Mapping[str, Entitlement]) -> object:
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
