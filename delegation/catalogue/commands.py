"""The supplier applies its catalogue."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from audit.foundation.actor import Actor
from audit.foundation.intervals import NotEnded
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization import input_cleaning
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import Assurance, Entitlement, Role, RoleEntitlement, RoleVersion
from delegation.authorization.verbs import Verb
from delegation.catalogue import events
from delegation.catalogue.defaults import Catalogue, EntitlementSpec, RoleSpec
from identity.clients.models import Application
from identity.organizations.models import BusinessUnit

_BATCH = 300
"""The number of chains locked at once."""


@command
def add_units(*, actor: Actor, catalogue: Catalogue, idempotency_key: str | None = None) -> Outcome[None]:
    """Add the supplier's business units (brands, regions, divisions); existing ones stay."""
    for key, name in catalogue.units.items():
        input_cleaning.key(key)
        input_cleaning.line(name, field="name", longest=input_cleaning.NAME, required=True)
    with acting(actor, Verb.CATALOGUE_APPLY, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        for key, name in catalogue.units.items():
            BusinessUnit.objects.get_or_create(key=key, defaults={"name": name})
        act.record(business_units=sorted(catalogue.units))
    return act.outcome


@dataclass(frozen=True, slots=True)
class CatalogueApplied:
    """Names the roles with a new version, and the entitlements of applications that are not registered."""

    roles: tuple[str, ...]
    unregistered: tuple[str, ...]


@command
def apply(
    *, actor: Actor, catalogue: Catalogue, idempotency_key: str | None = None
) -> Outcome[CatalogueApplied]:
    """Apply the catalogue. A changed role gets a new version; earlier versions stay for questions about the past.

    Organizations with members in a changed role get a consequence event afterwards, in batches. Entitlements of
    applications that are not registered are left out.
    """
    with acting(actor, Verb.CATALOGUE_APPLY, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        _set_brands(catalogue)
        known = _entitlements(catalogue)
        versions = {
            spec.key: version
            for rank, spec in enumerate(catalogue.roles)
            if (version := _apply_role(spec, rank, known, act.at)) is not None
        }
        changed = list(versions)
        act.record(
            roles=changed,
            entitlements=sorted(known),
            entitlement_settings={key: events.entitlement_to_json(row) for key, row in known.items()},
            role_versions=versions,
            brands=dict(catalogue.brands),
        )
        left_out = [spec.key for spec in catalogue.entitlements if spec.key not in known]
        outcome = act.set_result(CatalogueApplied(tuple(changed), tuple(left_out)))
    _propagate(actor, changed, act)
    return outcome


def _propagate(actor: Actor, roles: list[str], applied: Act) -> None:
    """Record the change in the chain of each affected organization.

    The separate verb has no effect: other systems are updated once, after the act `applied`, and not once per batch.
    """
    assignments = Assignment.objects.filter(NotEnded(applied.at), role__key__in=roles)
    affected = sorted(set(assignments.values_list("membership__organization", flat=True)))
    for begin in range(0, len(affected), _BATCH):
        batch = affected[begin : begin + _BATCH]
        facts: dict[str, Any] = {"roles": roles, "catalogue_act": str(applied.id)}
        with acting(actor, Verb.CATALOGUE_PROPAGATE, on=SupplierSet(affects=tuple(batch))) as act:
            act.record(**facts)
            for organization in batch:
                act.also(
                    Verb.CATALOGUE_PROPAGATE,
                    Subject("organization", organization),
                    cause=Verb.CATALOGUE_PROPAGATE,
                    facts=facts,
                    chain=organization,
                )


def _entitlements(catalogue: Catalogue) -> dict[str, Entitlement]:
    applications = {row.key: row for row in Application.objects.all()}
    for row in applications.values():
        _set_icon(row, catalogue.icons.get(row.key, ""))
    entitlements: dict[str, Entitlement] = {}
    for rank, spec in enumerate(catalogue.entitlements):
        application = applications.get(spec.key.partition(":")[0])
        if application is not None:
            entitlements[spec.key] = _entitlement(spec, rank, application)
    return entitlements


def _set_brands(catalogue: Catalogue) -> None:
    for unit in BusinessUnit.objects.filter(key__in=catalogue.units):
        brand = catalogue.brands.get(unit.key, "")
        if unit.brand != brand:
            unit.brand = brand
            unit.save(update_fields=["brand"])


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


def _apply_role(
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
