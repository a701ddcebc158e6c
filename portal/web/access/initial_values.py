"""The forms that change and restore access begin with these values."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from delegation.access.assignable import AssignableOptions, TierOption
from delegation.access.queries import AssignmentView
from delegation.authorization.values import AccessSpec, AmountLimit
from portal.web.access import forms
from portal.wording import amounts, dates


def present_access(assignments: Sequence[AssignmentView]) -> AccessSpec | None:
    """Return the one access that the form can show; None without an assignment, or with several.

    A form that started with one of several would drop the others without having shown them.
    """
    return assignments[0].access if len(assignments) == 1 else None


def for_change(
    present: AccessSpec | None, *, options: AssignableOptions, clock: dates.Clock
) -> dict[str, Any]:
    """Return the present access; the limit of the present tier is offered for every tier that takes one."""
    if present is None:
        return some_sites(options)
    return {
        "tier": present.role,
        "where": "all" if present.all_sites else "some",
        "sites": [str(site) for site in sorted(present.sites)],
        "until": typed_last_day(present.until, clock),
        **_limits(present, options),
    }


def _limits(present: AccessSpec, options: AssignableOptions) -> dict[str, str]:
    """Return the present limit, lowered to what the reader can assign for every tier but the present one."""
    limit = forms.common_limit(present)
    if limit is None or limit.amount is None:
        return {}
    values: dict[str, str] = {}
    for tier in options.tiers:
        if tier.limited_entitlements and tier.currency == limit.currency:
            is_kept = bool(forms.kept_limits(present, tier))
            amount = limit.amount if is_kept else _lowered(limit, tier).amount
            if amount:
                values[forms.limit_field(tier.key)] = amounts.typed(amount)
    return values


def with_tier(tier: str, options: AssignableOptions) -> dict[str, Any]:
    """Return a tier that a link asks for, at the widest choice of sites and without end; empty for any other value."""
    option = options.tier(tier)
    if option is None or not option.assignable:
        return {}
    return {"tier": tier, "until": "", **({"where": "all", "sites": []} if options.all_sites else {})}


def some_sites(options: AssignableOptions) -> dict[str, Any]:
    """Return the choice of some sites; a reader with one site to assign needs not choose it."""
    only = options.assignable_sites if len(options.assignable_sites) == 1 else ()
    return {"where": "some", "sites": [str(site) for site in only]}


def for_invitation(options: AssignableOptions, *, tier: str, language: str) -> dict[str, Any]:
    """Return the language, the widest choice of sites that the reader can assign, and `tier` where it is assignable."""
    assignable = {option.key for option in options.tiers if option.assignable}
    sites = {"where": "all", "sites": []} if options.all_sites else some_sites(options)
    return {"tier": tier if tier in assignable else "", "language": language, **sites}


def for_restore(had: AccessSpec | None, options: AssignableOptions, clock: dates.Clock) -> dict[str, Any]:
    """Return the access at the removal (`restorable`) as values of the form."""
    if had is None:
        return some_sites(options)
    tier = options.tier(had.role)
    limit = forms.common_limit(had)
    shown = limit.amount if limit and tier and tier.currency == limit.currency else None
    return {
        "tier": had.role,
        "where": "all" if had.all_sites else "some",
        "sites": [str(site.id) for site in options.sites if site.id in had.sites],
        "until": typed_last_day(had.until, clock),
        **({forms.limit_field(had.role): amounts.typed(shown)} if shown else {}),
    }


def restorable(had: AccessSpec | None, options: AssignableOptions, clock: dates.Clock) -> AccessSpec | None:
    """Return the access at the removal, as far as it is assignable now; None where its tier is not."""
    tier = options.tier(had.role) if had else None
    if had is None or tier is None or not tier.assignable:
        return None
    all_sites = had.all_sites and options.all_sites
    sites = options.assignable_sites if had.all_sites else had.sites & options.assignable_sites
    until = had.until if had.until and had.until > clock.now else None
    limits = {key: _lowered(had.limits[key], tier) for key in tier.limited_entitlements if key in had.limits}
    return AccessSpec(had.role, all_sites, frozenset() if all_sites else frozenset(sites), limits, until)


def _lowered(limit: AmountLimit, tier: TierOption) -> AmountLimit:
    if tier.max_amount is None or limit.currency != tier.currency:
        return limit
    amount = tier.max_amount if limit.amount is None else min(limit.amount, tier.max_amount)
    return dataclasses.replace(limit, amount=amount)


def typed_last_day(until: dt.datetime | None, clock: dates.Clock) -> str:
    """Return the last day before this end, as a person types it; empty without an end."""
    return dates.typed_day(forms.last_day(until, clock.zone)) if until else ""
