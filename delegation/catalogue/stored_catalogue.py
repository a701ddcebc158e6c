"""The present catalogue is read as a file's catalogue is, so that the two can be compared."""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from delegation.authorization.models.duties import DutyConflict, Enforcement
from delegation.authorization.models.roles import Assurance, Entitlement, RoleEntitlement, RoleVersion
from delegation.authorization.values import amount_from_json
from delegation.authorization.verbs import Verb
from delegation.catalogue import catalogue_rows
from delegation.catalogue.catalogue_rows import CatalogueRows
from delegation.catalogue.defaults import (
    Catalogue,
    CeilingTemplateSpec,
    ConflictSpec,
    EntitlementSpec,
    RoleSpec,
)
from delegation.catalogue.models import CeilingTemplate
from identity.clients.models import Application


@dataclass(frozen=True, slots=True)
class PresentVersion:
    """Says which version of a role is in force, and since when."""

    number: int
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class StoredCatalogue:
    """Holds the catalogue in force, with the version of each role and the names of the registered applications."""

    catalogue: Catalogue
    versions: Mapping[str, PresentVersion]
    applications: Mapping[str, Mapping[str, str]]

    @property
    def version(self) -> str:
        """Return the SHA-256 of everything that decides what a file changes, in hexadecimal.

        It moves with each change of the catalogue, and with each registered application.
        """
        numbers = {key: version.number for key, version in self.versions.items()}
        facts = [asdict(self.catalogue), numbers, sorted(self.applications)]
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()

    def with_file(self, file: Catalogue) -> Catalogue:
        """Return the catalogue as it is after this file is applied: what the file does not name stays.

        Entitlements of applications that are not registered are left out.
        """
        known = {spec.key: spec for spec in file.entitlements if spec.key not in self.unregistered(file)}
        own = {spec.key: spec for spec in self.catalogue.entitlements}
        roles = {role.key: role for role in self.catalogue.roles}
        return Catalogue(
            units={**file.units, **self.catalogue.units},
            entitlements=list(({**own, **known}).values()),
            roles=list(({**roles, **{role.key: _known_parts(role, known) for role in file.roles}}).values()),
            brands={
                unit: brand
                for unit in {**self.catalogue.units, **file.units}
                if (brand := (file.brands if unit in file.units else self.catalogue.brands).get(unit, ""))
            },
            icons={key: icon for key in self.applications if (icon := file.icons.get(key, ""))},
            ceiling_templates=self._templates(file, known),
            conflicts=self._conflicts(file, known.keys() | own.keys()),
        )

    def _conflicts(self, file: Catalogue, known: Collection[str]) -> list[ConflictSpec]:
        own = {spec.key: spec for spec in self.catalogue.conflicts}
        new = {spec.key: spec for spec in file.conflicts if set(spec.entitlements) <= set(known)}
        return [spec for spec in {**own, **new}.values() if spec.enforcement != Enforcement.OFF]

    def _templates(self, file: Catalogue, known: Collection[str]) -> list[CeilingTemplateSpec]:
        own = {spec.key: spec for spec in self.catalogue.ceiling_templates}
        new = {
            spec.key: replace(
                spec, offer={key: spec.offer[key] for key in sorted(spec.offer) if key in known}
            )
            for spec in file.ceiling_templates
        }
        return list({**own, **new}.values())

    def unregistered(self, file: Catalogue) -> tuple[str, ...]:
        """Return the file's entitlements of applications that are not registered, in the file's order."""
        keys = [spec.key for spec in file.entitlements]
        return tuple(key for key in keys if key.partition(":")[0] not in self.applications)


def _known_parts(role: RoleSpec, known: Mapping[str, EntitlementSpec]) -> RoleSpec:
    return replace(
        role,
        entitlements=[key for key in role.entitlements if key in known],
        assignable_amounts={key: amount for key, amount in role.assignable_amounts.items() if key in known},
    )


def load() -> StoredCatalogue:
    """Read the catalogue in force. Seven statements."""
    return from_rows(catalogue_rows.load_rows())


def from_rows(rows: CatalogueRows) -> StoredCatalogue:
    """Return the catalogue of these rows."""
    lines: dict[object, list[RoleEntitlement]] = defaultdict(list)
    for line in rows.lines:
        lines[line.version_id].append(line)
    catalogue = Catalogue(
        units={row.key: row.name for row in rows.units},
        entitlements=_entitlement_specs(rows.entitlements),
        roles=[_role_spec(version, lines[version.id]) for version in rows.versions],
        brands={row.key: row.brand for row in rows.units if row.brand},
        icons={row.key: row.icon for row in rows.applications if row.icon},
        ceiling_templates=[_template_spec(row) for row in rows.templates],
        conflicts=[spec for row in rows.conflicts if (spec := conflict_spec(row)) is not None],
    )
    return StoredCatalogue(
        catalogue=catalogue,
        versions={row.role.key: PresentVersion(row.number, row.valid_from) for row in rows.versions},
        applications={row.key: row.name for row in rows.applications},
    )


def entitlements() -> list[EntitlementSpec]:
    """Read the entitlements, in order. One statement."""
    return _entitlement_specs(Entitlement.objects.order_by("rank", "key"))


def _entitlement_specs(rows: Iterable[Entitlement]) -> list[EntitlementSpec]:
    return [EntitlementSpec(row.key, row.text, row.takes_amount, row.takes_sites) for row in rows]


def application_names() -> dict[str, Mapping[str, str]]:
    """Read the names of the registered applications by key, in order. One statement."""
    return dict(Application.objects.order_by("key").values_list("key", "name"))


def ceiling_templates() -> list[CeilingTemplateSpec]:
    """Read the templates of ceilings, in order. One statement."""
    return [_template_spec(row) for row in CeilingTemplate.objects.order_by("rank", "key")]


def _template_spec(row: CeilingTemplate) -> CeilingTemplateSpec:
    return CeilingTemplateSpec(
        key=row.key,
        name=row.name,
        offer={key: amount_from_json(amount) for key, amount in sorted(row.offer.items())},
        units=row.units,
    )


def conflict_spec(row: DutyConflict) -> ConflictSpec | None:
    """Return the conflict of this row of `CatalogueRows`; None for one that has ended."""
    enforcement = getattr(row, "enforcement", None)
    return enforcement and ConflictSpec((row.first.key, row.second.key), row.text, enforcement)


def _role_spec(version: RoleVersion, lines: Sequence[RoleEntitlement]) -> RoleSpec:
    return RoleSpec(
        key=version.role.key,
        name=version.role.name,
        description=version.role.description,
        entitlements=[line.entitlement.key for line in lines if line.allowed],
        verbs=[Verb(verb) for verb in version.verbs],
        assignable_roles=version.assignable_roles,
        assignable_amounts={
            line.entitlement.key: line.max_assignable_amount for line in lines if line.assignable
        },
        max_assignment_days=version.max_assignment_days,
        mfa=version.required_assurance == Assurance.MFA,
        is_admin=version.is_admin,
    )
