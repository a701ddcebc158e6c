"""A person who is lowered gets the limit that the peers have, or the lowest tier at the same sites."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from delegation.authorization import authorities
from delegation.authorization.models.roles import Role, RoleEntitlement
from delegation.authorization.values import AccessSpec, AmountLimit


def lowest_tier(*, at: dt.datetime) -> str | None:
    """Return the first tier that gives neither a verb nor anything with an amount. Two statements."""
    versions = authorities.versions(at)
    with_amount = set(
        RoleEntitlement.objects.filter(
            version__in=[one.id for one in versions.values()], allowed=True, entitlement__takes_amount=True
        ).values_list("version", flat=True)
    )
    rows = Role.objects.filter(id__in=versions).order_by("rank", "key")
    return next(
        (
            row.key
            for row in rows
            if not (version := versions[row.id]).is_admin
            and not version.verbs
            and not version.assignable_roles
            and version.id not in with_amount
        ),
        None,
    )


def to_lowest(held: Sequence[AccessSpec], *, tier: str | None) -> AccessSpec | None:
    """Return the lowest tier at the sites held, until the latest end; None where it is held already."""
    if tier is None or not held or (len(held) == 1 and held[0].role == tier):
        return None
    ends = [one.until for one in held]
    all_sites = any(one.all_sites for one in held)
    sites = frozenset() if all_sites else frozenset(site for one in held for site in one.sites)
    return AccessSpec(tier, all_sites, sites, until=None if None in ends else max(one for one in ends if one))


def lowered(
    held: Sequence[AccessSpec], *, tier: str | None, found: Sequence[Mapping[str, Any]]
) -> AccessSpec | None:
    """Return what a reviewer lowers to: the limits of the peers where these are lower, else the lowest tier."""
    limits = {one["entitlement"]: one for one in found if one["code"] == "limit"}
    if len(held) == 1 and limits and set(limits) <= set(held[0].limits):
        (access,) = held
        changed = {
            key: AmountLimit(Decimal(one["peers"]), one["currency"], access.limits[key].period)
            for key, one in limits.items()
            if _is_lower(Decimal(one["peers"]), access.limits[key].amount)
        }
        if changed:
            return dataclasses.replace(access, limits={**access.limits, **changed})
    return to_lowest(held, tier=tier)


def _is_lower(amount: Decimal, held: Decimal | None) -> bool:
    return held is None or amount < held
