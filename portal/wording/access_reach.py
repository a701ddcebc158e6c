"""A right reaches site by site as far as the highest limits and the latest end of all rights to one thing."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from delegation.access.queries import SiteName
from delegation.authorization.entitlements import Right
from delegation.authorization.values import AmountLimit

LATER = uuid.UUID(int=0)
"""Stands for all sites that are added later."""
UNLIMITED = AmountLimit(None, "", "")

Limits = frozenset[AmountLimit]
_Unit = tuple[str, str]
"""The currency and the period of an amount. Only amounts of one unit can be compared."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Holds the limits and the end of a right at one site; an end of None means without.

    `limits` holds the highest amount of each unit; no limit at all (an amount of None) is the only one, without unit.
    """

    limits: Limits
    until: dt.datetime | None

    def union(self, other: "Extent") -> "Extent":
        """Return the higher limits and the later end of two rights at the same site."""
        until = None if self.until is None or other.until is None else max(self.until, other.until)
        return Extent(_highest(self.limits | other.limits), until)


@dataclass(frozen=True, slots=True)
class Reach:
    """Holds the extent of one entitlement at each site, over all rights to it."""

    sample: Right
    at: dict[uuid.UUID, Extent] = field(default_factory=dict)

    def common_extent(self, sites: Iterable[uuid.UUID]) -> Extent | None:
        """Return the extent at these sites where it is the same at all of them."""
        extents = {self.at[site] for site in sites}
        return extents.pop() if len(extents) == 1 else None


def reaches(rights: Sequence[Right], sites: Sequence[SiteName]) -> Mapping[str, Reach]:
    """Return the reach of each entitlement among these rights, by key."""
    by_key: dict[str, Reach] = {}
    for right in rights:
        reach = by_key.setdefault(right.entitlement, Reach(right))
        extent = Extent(_highest([right.limit]) if right.takes_amount else frozenset(), right.valid_until)
        every_site = [LATER, *(site.id for site in sites)]
        for site_id in every_site if right.all_sites else [site.id for site in right.sites]:
            reach.at[site_id] = reach.at[site_id].union(extent) if site_id in reach.at else extent
    return by_key


def is_covered(limits: Limits, *, by: Limits) -> bool:
    """Return whether each of these limits is at most one of the others: no limit at all covers each."""
    return all(any(_covers(other, one) for other in by) for one in limits)


def _highest(limits: Iterable[AmountLimit]) -> Limits:
    highest: dict[_Unit, AmountLimit] = {}
    for one in limits:
        if one.amount is None:
            return frozenset({UNLIMITED})
        unit = (one.currency, one.period)
        if unit not in highest or one.amount > (highest[unit].amount or 0):
            highest[unit] = one
    return frozenset(highest.values())


def _covers(limit: AmountLimit, other: AmountLimit) -> bool:
    if limit.amount is None or other.amount is None:
        return limit.amount is None
    same_unit = (limit.currency, limit.period) == (other.currency, other.period)
    return same_unit and limit.amount >= other.amount
