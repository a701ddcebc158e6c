"""The pages of a ceiling read what each business unit offers, and the catalogue's entitlements and templates."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import stored_catalogue, subjects, unit_ceilings
from delegation.catalogue.defaults import CeilingTemplateSpec, EntitlementSpec
from portal.desk.desk_page import OrganizationPage


@dataclass(frozen=True, slots=True)
class UnitOffer:
    """Holds what one business unit offers a customer; the supplier itself has no key and no id."""

    key: str
    id: uuid.UUID | None
    name: str
    number: str
    offer: Mapping[str, AmountLimit]
    may_change: bool
    """Whether the reader's right is for what this unit offers."""


@dataclass(frozen=True, slots=True)
class Offerable:
    """Holds the catalogue's entitlements in order, the names of services, and the templates of ceilings."""

    entitlements: Sequence[EntitlementSpec]
    services: Mapping[str, Mapping[str, str]]
    templates: Sequence[CeilingTemplateSpec]


def catalogue() -> Offerable:
    """Read what can be offered. Three statements."""
    return Offerable(
        stored_catalogue.entitlements(),
        stored_catalogue.application_names(),
        stored_catalogue.ceiling_templates(),
    )


def units(found: OrganizationPage) -> list[UnitOffer]:
    """Read what each business unit offers the customer, by name. Two statements."""
    organization = found.page.organization_id
    offered = unit_ceilings.by_unit(organization=organization, at=found.page.at)
    numbers = {number.unit_id: number for number in found.numbers}
    return [
        UnitOffer(
            key=key,
            id=unit,
            name=numbers[unit].unit if unit else "",
            number=numbers[unit].number if unit else "",
            offer=offered.get(unit, {}),
            may_change=_may_change(found, unit),
        )
        for key, unit in unit_ceilings.units_of(organization=organization).items()
    ]


def _may_change(found: OrganizationPage, unit: uuid.UUID | None) -> bool:
    organization = found.page.organization_id
    own = [one for one in found.reader.own if Verb.CEILING_SET.value in one.verbs]
    return any(subjects.covers(authority, organization, unit) for authority in own)


def unit_of(found: OrganizationPage, key: str) -> UnitOffer:
    """Return the unit of this key, or the first that the reader may change. Raises NotFound and Denied."""
    known = units(found)
    named = [unit for unit in known if unit.key == key] if key else known
    if not named:
        raise NotFound
    chosen = next((unit for unit in named if unit.may_change), None)
    if chosen is None:
        raise Denied(reason="no_permission")
    return chosen


def templates_of(offerable: Offerable, unit: UnitOffer) -> list[CeilingTemplateSpec]:
    """Return the templates that this unit uses, in order."""
    return [one for one in offerable.templates if not one.units or unit.key in one.units]


def template_of(offerable: Offerable, unit: UnitOffer, key: str) -> CeilingTemplateSpec | None:
    """Return the unit's template of this key; None for none."""
    return next((one for one in templates_of(offerable, unit) if one.key == key), None)


def changes(unit: UnitOffer, wanted: Mapping[str, AmountLimit]) -> dict[str, AmountLimit | None]:
    """Return what differs from what the unit offers now; None withdraws an entitlement."""
    differing: dict[str, AmountLimit | None] = {
        key: limit
        for key, limit in wanted.items()
        if unit.offer.get(key) != _as_stored(limit, unit.offer.get(key))
    }
    return {**differing, **dict.fromkeys(key for key in unit.offer if key not in wanted)}


def _as_stored(limit: AmountLimit, present: AmountLimit | None) -> AmountLimit:
    """Return the limit in the currency of the present one where it has no amount: no currency counts then."""
    return AmountLimit(None, present.currency) if present and limit.amount is None else limit
