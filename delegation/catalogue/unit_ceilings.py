"""An organization's ceiling is the highest of what its business units offer it."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from django.db.models import Q

from audit.foundation.intervals import NotEnded
from delegation.authorization.errors import InvalidInput
from delegation.authorization.models.roles import Entitlement
from delegation.authorization.values import AmountLimit
from delegation.catalogue.models import UnitCeiling
from identity.organizations.models import CustomerNumber, Organization

Offer = Mapping[str, AmountLimit]
NO_UNIT: Mapping[str, uuid.UUID | None] = {"": None}
"""In place of units: the supplier itself, for an organization without a customer number."""


def units_of(*, organization: uuid.UUID) -> Mapping[str, uuid.UUID | None]:
    """Return the business units that offer this organization something, by key. One statement."""
    rows = CustomerNumber.objects.filter(organization=organization).order_by("unit__name", "unit__key")
    return dict(rows.values_list("unit__key", "unit_id")) or NO_UNIT


def chosen_units(*, organization: uuid.UUID, unit: str) -> Mapping[str, uuid.UUID | None]:
    """Return the unit of this key, or all units of the organization without one. Raises InvalidInput."""
    units = units_of(organization=organization)
    if not unit:
        return units
    if unit not in units:
        raise InvalidInput(field="unit", problem="unknown")
    return {unit: units[unit]}


def replace(
    organization: Organization,
    units: Collection[uuid.UUID | None],
    offer: Mapping[str, AmountLimit | None],
    known: Mapping[str, Entitlement],
    *,
    at: dt.datetime,
) -> None:
    """Write what these units offer from `at` on; None withdraws an entitlement. Two statements."""
    which = Q(unit__in=[unit for unit in units if unit])
    if None in units:
        which |= Q(unit__isnull=True)
    current = UnitCeiling.objects.filter(which, organization=organization, entitlement__in=known.values())
    current.filter(NotEnded(at)).update(valid_until=at)
    UnitCeiling.objects.bulk_create(
        UnitCeiling(
            organization=organization,
            unit_id=unit,
            entitlement=known[key],
            amount=limit.amount,
            currency=limit.currency,
            valid_from=at,
        )
        for unit in units
        for key, limit in offer.items()
        if limit is not None
    )


def highest(
    organization: Organization, known: Iterable[str], *, at: dt.datetime
) -> dict[str, AmountLimit | None]:
    """Return the highest offer of all units for each of these entitlements; None where no unit offers it.

    One statement. Raises InvalidInput for units with different currencies.
    """
    offers = by_unit(organization=organization.id, at=at, keys=list(known)).values()
    return {key: highest_of([offer[key] for offer in offers if key in offer]) for key in sorted(known)}


def by_unit(
    *, organization: uuid.UUID, at: dt.datetime, keys: Collection[str] | None = None
) -> dict[uuid.UUID | None, dict[str, AmountLimit]]:
    """Return what each unit offers this organization, of these entitlements or all. One statement."""
    rows = UnitCeiling.objects.filter(NotEnded(at), organization=organization)
    if keys is not None:
        rows = rows.filter(entitlement__key__in=keys)
    found: dict[uuid.UUID | None, dict[str, AmountLimit]] = defaultdict(dict)
    for unit, key, amount, currency in rows.values_list("unit_id", "entitlement__key", "amount", "currency"):
        found[unit][key] = AmountLimit(amount, currency)
    return dict(found)


def highest_of(limits: Sequence[AmountLimit]) -> AmountLimit | None:
    """Return the highest of these limits. Raises InvalidInput for different currencies."""
    if len({limit.currency for limit in limits if limit.amount is not None}) > 1:
        raise InvalidInput(field="limit", problem="currency")
    return max(limits, key=rank, default=None)


def rank(limit: AmountLimit | None) -> Decimal:
    """Return a number by which offers compare: nothing below 0, without limit above all."""
    if limit is None:
        return Decimal(-1)
    return Decimal("Infinity") if limit.amount is None else limit.amount
