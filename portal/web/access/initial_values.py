"""The initial values of the forms that change and restore access."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from delegation.access.assignable import AssignableOptions
from delegation.access.queries import AssignmentView
from portal.web.access import forms
from portal.wording import amounts, dates


def for_change(
    assignments: Sequence[AssignmentView], *, options: AssignableOptions, clock: dates.Clock
) -> dict[str, Any]:
    """Return the present access; the limit of the present tier is offered for every tier that takes one."""
    if not assignments:
        return {"where": "some"}
    assignment = assignments[-1]
    values: dict[str, Any] = {
        "tier": assignment.role,
        "where": "all" if assignment.all_sites else "some",
        "sites": [str(site.id) for site in assignment.sites],
        "until": typed_last_day(assignment.valid_until, clock),
    }
    limits = [limit.amount for limit in assignment.limits.values() if limit.amount is not None]
    if limits:
        values |= _limits(min(limits), options)
        values[forms.limit_field(assignment.role)] = amounts.typed(min(limits))
    return values


def _limits(amount: Decimal, options: AssignableOptions) -> dict[str, str]:
    """Return this amount for every tier that takes one, lowered to what the reader can assign there."""
    highest = {
        tier.key: amount if tier.max_amount is None else min(amount, tier.max_amount)
        for tier in options.tiers
        if tier.limited_entitlements
    }
    return {forms.limit_field(key): amounts.typed(limit) for key, limit in highest.items() if limit > 0}


def for_restore(had: Mapping[str, Any], options: AssignableOptions, clock: dates.Clock) -> dict[str, Any]:
    """Return the access at the removal, from the log, as far as it is assignable now."""
    tier = options.tier(str(had.get("role", "")))
    if tier is None or not tier.assignable:
        return {"where": "some"}
    assignable = [str(site.id) for site in options.sites if site.id in options.assignable_sites]
    until = dt.datetime.fromisoformat(had["until"]) if had["until"] else None
    values: dict[str, Any] = {
        "tier": tier.key,
        "where": "all" if had["all_sites"] and options.all_sites else "some",
        "sites": [site for site in assignable if had["all_sites"] or site in had["sites"]],
        "until": typed_last_day(until, clock) if until and until > clock.now else "",
    }
    if values["where"] == "all":
        values["sites"] = []
    limits = [
        Decimal(had["limits"][key]["amount"] or 0)
        for key in tier.limited_entitlements
        if key in had["limits"]
    ]
    if limits and min(limits) > 0:
        highest = min(limits) if tier.max_amount is None else min(*limits, tier.max_amount)
        values[forms.limit_field(tier.key)] = amounts.typed(highest)
    return values


def typed_last_day(until: dt.datetime | None, clock: dates.Clock) -> str:
    """Return the last day before this end, as a person types it; empty without an end."""
    return dates.typed_day(clock.local(until - dt.timedelta(microseconds=1)).date()) if until else ""
