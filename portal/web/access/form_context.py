"""The choices of inviting, changing access and bringing back: tiers with their limits, sites, what is filled in."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.access.assignable import AssignableOptions, TierOption
from delegation.access.queries import AssignmentView
from delegation.people.queries import VisibleMember
from portal.shell.page_context import PageContext
from portal.web.access import forms, preview
from portal.web.access.explanation import Why
from portal.web.access.forms import AccessForm
from portal.wording import access, admin_abilities, amounts, cldr, dates


def choices(form: AccessForm, *, now: str = "") -> dict[str, Any]:
    """For web/access/_tiers.html and web/access/_sites.html; `now` is the present tier."""
    gifts = form.options
    where = str(form["where"].value() or "")
    return {
        "form": form,
        "tiers": [_tier(form, tier, now) for tier in _shown(gifts, now)],
        "all_sites": {
            "label": _("All sites"),
            "sentence": _("Also sites that are added later."),
            "why": "" if gifts.all_sites else _("You look after some sites only."),
            "checked": where == "all",
        },
        "some_sites_checked": where == "some",
        "sites": [
            {
                "value": str(place.id),
                "label": place.name,
                "why": "" if place.id in gifts.assignable_sites else _("You do not look after this site."),
            }
            for place in gifts.sites
        ],
        "sites_why": _sites_why(gifts),
        "until_hint": forms.example_day(),
    }


def _sites_why(gifts: AssignableOptions) -> str:
    if all(place.id in gifts.assignable_sites for place in gifts.sites):
        return ""
    return _("The sites that cannot be ticked are not yours to give.")


def _shown(gifts: AssignableOptions, now: str) -> list[TierOption]:
    return [tier for tier in gifts.tiers if tier.assignable or tier.key == now]


def _tier(form: AccessForm, tier: TierOption, now: str) -> dict[str, Any]:
    limited = bool(tier.limited_entitlements)
    return {
        "value": tier.key,
        "label": admin_abilities.in_language(tier.name),
        "sentence": admin_abilities.in_language(tier.description),
        "why": "" if tier.assignable else _("You may not give this."),
        "now": tier.key == now,
        "checked": form["tier"].value() == tier.key,
        "limit": form[forms.limit_field(tier.key)] if limited else None,
        "limit_hint": _hint(tier),
        "currency": cldr.currency_sign(tier.currency),
    }


def _hint(tier: TierOption) -> str:
    if tier.max_amount is None:
        return ""
    most = cldr.money(tier.max_amount, tier.currency)
    if tier.max_from_ceiling:
        agreed = {"amount": most, "supplier": settings.SUPPLIER_NAME}
        return _("At most %(amount)s, as agreed with %(supplier)s.") % agreed
    return _("You can give up to %(amount)s.") % {"amount": most}


def initial(
    grants: Sequence[AssignmentView], *, gifts: AssignableOptions, clock: dates.Clock
) -> dict[str, Any]:
    """What a form of change begins with: what is held now. Another tier begins with the limit of the present one."""
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
        values |= _limits(min(limits), gifts)
        values[forms.limit_field(grant.role)] = amounts.typed(min(limits))
    return values


def _limits(amount: Decimal, gifts: AssignableOptions) -> dict[str, str]:
    """This amount for every tier that takes one, as far as it may be given."""
    most = {
        tier.key: amount if tier.max_amount is None else min(amount, tier.max_amount)
        for tier in gifts.tiers
        if tier.limited_entitlements
    }
    return {forms.limit_field(key): amounts.typed(one) for key, one in most.items() if one > 0}


def initial_again(had: Mapping[str, Any], gifts: AssignableOptions, clock: dates.Clock) -> dict[str, Any]:
    """What a form of return begins with: what was held, from the log, as far as it may be given now."""
    tier = gifts.tier(str(had.get("role", "")))
    if tier is None or not tier.assignable:
        return {"where": "some"}
    own = [str(place.id) for place in gifts.sites if place.id in gifts.assignable_sites]
    until = dt.datetime.fromisoformat(had["until"]) if had["until"] else None
    values: dict[str, Any] = {
        "tier": tier.key,
        "where": "all" if had["all_sites"] and gifts.all_sites else "some",
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
    """The last day, as one would type it."""
    return dates.typed_day(clock.local(until - dt.timedelta(microseconds=1)).date()) if until else ""


def changing(here: PageContext, found: VisibleMember, form: AccessForm, why: Why) -> dict[str, Any]:
    """The panel of web/access/change.html over the page of a colleague. One statement at most."""
    held = access.summary(why.grants, why.clock) or _("no access")
    return {
        **choices(form, now=why.grants[-1].role if why.grants else ""),
        **_panel(here, found, form, why, route="person_access"),
        "restoring": False,
        "now_sentence": _("Now: %(access)s") % {"access": held},
    }


def restoring(
    here: PageContext, found: VisibleMember, form: AccessForm, why: Why, *, had: str
) -> dict[str, Any]:
    """The same for somebody who was removed; `had` is what was held until then."""
    if had:
        said = _("Had until then: %(access)s. What you give now is new: look at it and confirm.")
        now = said % {"access": had}
    else:
        now = _("What you give now is new.")
    return {
        **choices(form),
        **_panel(here, found, form, why, route="person_restore"),
        "restoring": True,
        "now_sentence": now,
    }


def _panel(
    here: PageContext, found: VisibleMember, form: AccessForm, why: Why, *, route: str
) -> dict[str, Any]:
    one = found.membership
    before = preview.Before(why.rights, why.grants)
    return {
        "effect": preview.of(here, form.with_initial(), why.book, before, nothing=""),
        "first_name": one.user.name,
        "access_url": here.url(route, membership=one.id),
        "close_url": here.url("person", membership=one.id),
    }
