"""What the forms of change and of return begin with, and how a limit is carried from one tier to another."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from delegation.access.assignable import AssignableOptions
from delegation.access.queries import AssignmentView
from portal.web.access import forms
from portal.wording import amounts, dates


def initial(
    grants: Sequence[AssignmentView], *, options: AssignableOptions, clock: dates.Clock
) -> dict[str, Any]:
    """A change begins with the present access. Another tier begins with the limit of the present one."""
    if not grants:
        return {"where": "some"}
    grant = grants[-1]
    values: dict[str, Any] = {
        "tier": grant.role,
        "where": "all" if grant.all_sites else "some",
        "sites": [str(place.id) for place in grant.sites],
        "until": until_typed(grant.valid_until, clock),
    }
    limits = [limit.amount for limit in grant.limits.values() if limit.amount is not None]
    if limits:
        values |= _limits(min(limits), options)
        values[forms.limit_field(grant.role)] = amounts.typed(min(limits))
    return values


def _limits(amount: Decimal, options: AssignableOptions) -> dict[str, str]:
    """This amount for every tier that takes one, as far as it is assignable."""
    most = {
        tier.key: amount if tier.max_amount is None else min(amount, tier.max_amount)
        for tier in options.tiers
        if tier.limited_entitlements
    }
    return {forms.limit_field(key): amounts.typed(limit) for key, limit in most.items() if limit > 0}


def initial_of_return(
    had: Mapping[str, Any], options: AssignableOptions, clock: dates.Clock
) -> dict[str, Any]:
    """A return begins with the access at the removal, from the log, as far as it is assignable now."""
    tier = options.tier(str(had.get("role", "")))
    if tier is None or not tier.assignable:
        return {"where": "some"}
    own = [str(place.id) for place in options.sites if place.id in options.assignable_sites]
    until = dt.datetime.fromisoformat(had["until"]) if had["until"] else None
    values: dict[str, Any] = {
        "tier": tier.key,
        "where": "all" if had["all_sites"] and options.all_sites else "some",
        "sites": [site for site in own if had["all_sites"] or site in had["sites"]],
        "until": until_typed(until, clock) if until and until > clock.now else "",
    }
    if values["where"] == "all":
        values["sites"] = []
    limits = [
        Decimal(had["limits"][key]["amount"] or 0)
        for key in tier.limited_entitlements
        if key in had["limits"]
    ]
    if limits and min(limits) > 0:
        most = min(limits) if tier.max_amount is None else min(*limits, tier.max_amount)
        values[forms.limit_field(tier.key)] = amounts.typed(most)
    return values


def until_typed(until: dt.datetime | None, clock: dates.Clock) -> str:
    """The last day, as a person types it."""
    return dates.typed_day(clock.local(until - dt.timedelta(microseconds=1)).date()) if until else ""
