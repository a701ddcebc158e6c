"""The rows of the catalogue are written here; a changed role gets a new version, and no version is rewritten."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from audit.foundation.intervals import NotEnded
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.duties import DutyConflict
from delegation.authorization.models.roles import Assurance, Entitlement, Role, RoleEntitlement, RoleVersion
from delegation.catalogue import events
from delegation.catalogue.catalogue_rows import CatalogueRows
from delegation.catalogue.defaults import Catalogue, RoleSpec
from delegation.catalogue.models import CatalogueWave, CeilingTemplate
from identity.clients.models import Application
from identity.organizations.models import BusinessUnit

R = TypeVar("R", Application, BusinessUnit, CeilingTemplate, DutyConflict, Entitlement, Role)
_CONTENTS = ("verbs", "assignable_roles", "max_assignment_days", "required_assurance", "is_admin")


def add_units(catalogue: Catalogue) -> list[str]:
    """Add the business units that are missing, and return their keys; existing ones keep their names."""
    known = set(BusinessUnit.objects.filter(key__in=list(catalogue.units)).values_list("key", flat=True))
    new = {key: name for key, name in sorted(catalogue.units.items()) if key not in known}
    BusinessUnit.objects.bulk_create([BusinessUnit(key=key, name=name) for key, name in new.items()])
    return list(new)


def begin_wave(*, act: uuid.UUID, at: dt.datetime, roles: Sequence[str], has_holders: bool) -> None:
    """Let the organizations learn of this act, if any assignment of these roles has not ended."""
    if roles and (has_holders or Assignment.objects.filter(NotEnded(at), role__key__in=roles).exists()):
        CatalogueWave.objects.create(act=act, at=at, roles=list(roles))


def advance_wave(wave: CatalogueWave, *, position: uuid.UUID) -> bool:
    """Move a wave on from where it was read; False where another process has moved it."""
    moved = CatalogueWave.objects.filter(act=wave.act, position=wave.position)
    return bool(moved.update(position=position))


def apply_units(catalogue: Catalogue, rows: CatalogueRows) -> list[str]:
    """Add the business units that are missing, give each of the file its brand, and return the new ones.

    A unit without a brand in the file gets the default brand. Existing units keep their names.
    """
    stored = {row.key: row for row in rows.units}
    new = {key: name for key, name in sorted(catalogue.units.items()) if key not in stored}
    brands = {key: catalogue.brands.get(key, "") for key in catalogue.units}
    BusinessUnit.objects.bulk_create(
        [BusinessUnit(key=key, name=name, brand=brands[key]) for key, name in new.items()]
    )
    wanted = {key: {"brand": brand} for key, brand in brands.items() if key not in new}
    write(BusinessUnit, stored, wanted)
    return list(new)


def apply_entitlements(catalogue: Catalogue, rows: CatalogueRows) -> dict[str, Entitlement]:
    """Write the entitlements of registered applications that differ, and the applications' icons."""
    applications = {row.key: row for row in rows.applications}
    write(Application, applications, {key: {"icon": catalogue.icons.get(key, "")} for key in applications})
    wanted = {
        spec.key: {
            "application_id": applications[application].id,
            "text": dict(spec.text),
            "takes_amount": spec.takes_amount,
            "takes_sites": spec.takes_sites,
            "rank": rank,
        }
        for rank, spec in enumerate(catalogue.entitlements)
        if (application := spec.key.partition(":")[0]) in applications
    }
    return write(Entitlement, {row.key: row for row in rows.entitlements}, wanted)


def apply_templates(catalogue: Catalogue, rows: CatalogueRows, known: Mapping[str, Entitlement]) -> None:
    """Write the templates of ceilings that differ; those that the file does not name stay."""
    wanted = {
        spec.key: {"name": dict(spec.name), **events.template_to_json(spec, known), "rank": rank}
        for rank, spec in enumerate(catalogue.ceiling_templates)
    }
    write(CeilingTemplate, {row.key: row for row in rows.templates}, wanted)


def write(
    model: type[R], stored: Mapping[str, R], wanted: Mapping[str, Mapping[str, object]]
) -> dict[str, R]:
    """Write the rows that are new or differ, in two statements at most: equal ones cost nothing under the lock."""
    rows: dict[str, R] = {}
    new, changed = [], []
    for key, fields in wanted.items():
        row = stored.get(key)
        if row is None:
            row = model(key=key, **fields)
            new.append(row)
        elif any(getattr(row, name) != value for name, value in fields.items()):
            for name, value in fields.items():
                setattr(row, name, value)
            changed.append(row)
        rows[key] = row
    model._default_manager.bulk_create(new)
    if changed:
        # The application of an entitlement, and the pair of a conflict, stand in its key: they are written once.
        names = [name for name in next(iter(wanted.values())) if not name.endswith("_id")]
        model._default_manager.bulk_update(changed, names)
    return rows


def apply_roles(
    catalogue: Catalogue, rows: CatalogueRows, known: Mapping[str, Entitlement], at: dt.datetime
) -> dict[str, dict[str, Any]]:
    """Write the roles that differ, and return their new versions as the event states them."""
    present = {row.role.key: row for row in rows.versions}
    wanted = {
        spec.key: {"name": dict(spec.name), "description": dict(spec.description), "rank": rank}
        for rank, spec in enumerate(catalogue.roles)
    }
    roles = write(Role, {key: row.role for key, row in present.items()}, wanted)
    contents = _contents(rows)
    changed = [spec for spec in catalogue.roles if contents.get(spec.key) != _expected_contents(spec, known)]
    ended = [present[spec.key].id for spec in changed if spec.key in present]
    if ended:
        RoleVersion.objects.filter(id__in=ended, valid_until=None).update(valid_until=at)
    versions = {
        spec.key: RoleVersion(
            role=roles[spec.key],
            number=present[spec.key].number + 1 if spec.key in present else 1,
            valid_from=at,
            **_fields(spec),
        )
        for spec in changed
    }
    RoleVersion.objects.bulk_create(versions.values())
    lines = {spec.key: _role_entitlements(spec, versions[spec.key], known) for spec in changed}
    RoleEntitlement.objects.bulk_create([line for found in lines.values() for line in found])
    return {key: events.version_to_json(version, lines[key]) for key, version in versions.items()}


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


def _contents(rows: CatalogueRows) -> dict[str, object]:
    """Return the contents of the version in force of each role, to compare with `_expected_contents`."""
    lines: dict[uuid.UUID, set[tuple[uuid.UUID, bool, bool, object]]] = {
        row.id: set() for row in rows.versions
    }
    for row in rows.lines:
        lines[row.version_id].add(
            (row.entitlement_id, row.allowed, row.assignable, row.max_assignable_amount)
        )
    return {
        row.role.key: ({name: getattr(row, name) for name in _CONTENTS}, lines[row.id])
        for row in rows.versions
    }
