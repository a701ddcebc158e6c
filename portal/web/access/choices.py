"""An access form has these choices: assignable tiers with their limits, and sites."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.forms import BaseForm, BoundField
from django.utils.translation import gettext as _

from delegation.access.assignable import AssignableOptions, TierOption
from portal.shell.page_model import PageModel
from portal.web.access import forms, limit_texts
from portal.web.access.forms import AccessForm
from portal.wording import access, cldr, dates, supplier_texts


@dataclass(frozen=True, slots=True)
class TierChoice:
    """Describes a tier for web/access/_tiers.html.

    `disabled_reason` switches it off; `is_current` marks the present tier.
    """

    value: str
    label: str
    sentence: str
    checked: bool
    limit: BoundField | None = None
    limit_label: str = ""
    limit_hint: str = ""
    currency: str = ""
    disabled_reason: str = ""
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """Describes a site for web/access/_sites.html. `disabled_reason` switches it off."""

    value: str
    label: str
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True)
class AllSitesChoice:
    """Describes the choice of all sites, including later ones. `disabled_reason` switches it off."""

    label: str
    sentence: str
    checked: bool
    disabled_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AccessChoices(PageModel):
    """Holds the part of a page that shows an access form."""

    form: BaseForm
    """The fields tier, where, sites, until, reason, idempotency_key, and limit_<tier> for tiers with a limit."""
    tiers: Sequence[TierChoice]
    all_sites: AllSitesChoice
    some_sites_checked: bool
    sites: Sequence[SiteChoice]
    sites_disabled_reason: str
    """Why some sites cannot be ticked; may be empty."""
    until_hint: str
    """A sample date."""


def choices(form: AccessForm, *, present_tier: str = "") -> AccessChoices:
    """Return the choices of this form; `present_tier` is a key."""
    options = form.options
    where = str(form["where"].value() or "")
    return AccessChoices(
        form=form,
        tiers=[_tier(form, tier, present_tier) for tier in _offered_tiers(options, present_tier)],
        all_sites=AllSitesChoice(
            label=_("All sites"),
            sentence=_("Includes sites added later."),
            disabled_reason="" if options.all_sites else _("You manage only some sites."),
            checked=where == "all",
        ),
        some_sites_checked=where == "some",
        sites=site_choices(options),
        sites_disabled_reason=sites_disabled_reason(options),
        until_hint=dates.example_day(),
    )


def site_choices(options: AssignableOptions) -> list[SiteChoice]:
    """Return all sites; those that the reader cannot assign are switched off."""
    return [
        SiteChoice(
            value=str(site.id),
            label=site.name,
            disabled_reason="" if site.id in options.assignable_sites else _("You do not manage this site."),
        )
        for site in options.sites
    ]


def sites_disabled_reason(options: AssignableOptions) -> str:
    """Return why some sites cannot be ticked; empty where all can."""
    if all(site.id in options.assignable_sites for site in options.sites):
        return ""
    return _("You cannot assign the sites that are greyed out.")


def _offered_tiers(options: AssignableOptions, present_tier: str) -> list[TierOption]:
    return [tier for tier in options.tiers if tier.assignable or tier.key == present_tier]


def _tier(form: AccessForm, tier: TierOption, present_tier: str) -> TierChoice:
    return TierChoice(
        value=tier.key,
        label=supplier_texts.in_language(tier.name),
        sentence=supplier_texts.in_language(tier.description),
        disabled_reason="" if tier.assignable else _("You cannot assign this tier."),
        is_current=tier.key == present_tier,
        checked=form["tier"].value() == tier.key,
        limit=form[forms.limit_field(tier.key)] if tier.limited_entitlements else None,
        limit_label=access.limit_label(form.period),
        limit_hint=_limit_hint(form, tier),
        currency=cldr.currency_sign(tier.currency),
    )


def _limit_hint(form: AccessForm, tier: TierOption) -> str:
    shown = form.initial.get(forms.limit_field(tier.key))
    kept = () if shown else forms.kept_limits(form.present, tier).values()
    return limit_texts.hint(tier, kept=kept)
