"""The choices of a form of access: assignable tiers with their limits, and sites."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.forms import BaseForm, BoundField
from django.utils.translation import gettext as _

from delegation.access.assignable import AssignableOptions, TierOption
from portal.shell.page_model import PageModel
from portal.web.access import forms
from portal.web.access.forms import AccessForm
from portal.wording import admin_abilities, cldr


@dataclass(frozen=True, slots=True)
class TierChoice:
    """A tier, for web/access/_tiers.html. `disabled_reason` switches it off; `is_current` marks the present tier."""

    value: str
    label: str
    sentence: str
    checked: bool
    limit: BoundField | None = None
    limit_hint: str = ""
    currency: str = ""
    disabled_reason: str = ""
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """A site, for web/access/_sites.html. `disabled_reason` switches it off."""

    value: str
    label: str
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True)
class AllSitesChoice:
    """All sites, also later ones. `disabled_reason` switches it off."""

    label: str
    sentence: str
    checked: bool
    disabled_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AccessChoices(PageModel):
    """The part of a page that holds a form of access."""

    form: BaseForm
    """tier, where, sites, until, reason, once, and limit_<tier> for tiers with a limit."""
    tiers: Sequence[TierChoice]
    all_sites: AllSitesChoice
    some_sites_checked: bool
    sites: Sequence[SiteChoice]
    sites_disabled_reason: str
    """Why some sites cannot be ticked."""
    until_hint: str
    """A sample date."""


def choices(form: AccessForm, *, now: str = "") -> AccessChoices:
    """The choices of this form; `now` is the key of the present tier."""
    options = form.options
    where = str(form["where"].value() or "")
    return AccessChoices(
        form=form,
        tiers=[_tier(form, tier, now) for tier in _shown(options, now)],
        all_sites=AllSitesChoice(
            label=_("All sites"),
            sentence=_("Includes sites added later."),
            disabled_reason="" if options.all_sites else _("You manage only some sites."),
            checked=where == "all",
        ),
        some_sites_checked=where == "some",
        sites=[
            SiteChoice(
                value=str(site.id),
                label=site.name,
                disabled_reason=""
                if site.id in options.assignable_sites
                else _("You do not manage this site."),
            )
            for site in options.sites
        ],
        sites_disabled_reason=_sites_disabled_reason(options),
        until_hint=forms.example_day(),
    )


def _sites_disabled_reason(options: AssignableOptions) -> str:
    if all(site.id in options.assignable_sites for site in options.sites):
        return ""
    return _("You cannot assign the sites that are greyed out.")


def _shown(options: AssignableOptions, now: str) -> list[TierOption]:
    return [tier for tier in options.tiers if tier.assignable or tier.key == now]


def _tier(form: AccessForm, tier: TierOption, now: str) -> TierChoice:
    return TierChoice(
        value=tier.key,
        label=admin_abilities.in_language(tier.name),
        sentence=admin_abilities.in_language(tier.description),
        disabled_reason="" if tier.assignable else _("You cannot assign this tier."),
        is_current=tier.key == now,
        checked=form["tier"].value() == tier.key,
        limit=form[forms.limit_field(tier.key)] if tier.limited_entitlements else None,
        limit_hint=_hint(tier),
        currency=cldr.currency_sign(tier.currency),
    )


def _hint(tier: TierOption) -> str:
    if tier.max_amount is None:
        return ""
    most = cldr.money(tier.max_amount, tier.currency)
    if tier.max_from_ceiling:
        agreed = {"amount": most, "supplier": settings.SUPPLIER_NAME}
        return _("Up to %(amount)s, as agreed with %(supplier)s.") % agreed
    return _("You can assign up to %(amount)s.") % {"amount": most}
