"""The choices of inviting and of changing access: tiers with their limits, sites, and what would follow."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from delegation import entitlements
from delegation.entitlements import Right
from delegation.queries import catalogue
from delegation.queries.catalogue import Book
from delegation.queries.colleagues import Found
from delegation.queries.gifts import Gifts, Tier
from delegation.queries.held import Grant
from portal import gains, sentences
from portal.inside import Here
from portal.web import effect, formats, forms, words

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}


def choices(form: forms.Giving, *, now: str = "") -> dict[str, Any]:
    """For people/_tiers.html and people/_sites.html; `now` is the present tier."""
    gifts = form.gifts
    where = str(form["where"].value() or "")
    return {
        "form": form,
        "tiers": [_tier(form, tier, number, now) for number, tier in enumerate(_shown(gifts, now))],
        "all_sites": {
            "label": _("All sites"),
            "sentence": _("Also sites that are added later."),
            "why": "" if gifts.everywhere else _("You look after some sites only."),
            "checked": where == "all",
        },
        "some_sites_checked": where == "some",
        "sites": [
            {
                "value": str(place.id),
                "label": place.name,
                "why": "" if place.id in gifts.own else _("You do not look after this site."),
            }
            for place in gifts.sites
        ],
        "until_hint": forms.example_day(),
    }


def _shown(gifts: Gifts, now: str) -> list[Tier]:
    return [tier for tier in gifts.tiers if tier.may_give or tier.key == now]


def _tier(form: forms.Giving, tier: Tier, number: int, now: str) -> dict[str, Any]:
    del number
    limited = bool(tier.amounts)
    return {
        "value": tier.key,
        "label": gains.in_language(tier.name),
        "sentence": gains.in_language(tier.description),
        "why": "" if tier.may_give else _("You may not give this."),
        "now": tier.key == now,
        "checked": form["tier"].value() == tier.key,
        "limit": form[forms.limit_field(tier.key)] if limited else None,
        "limit_hint": _hint(tier),
        "currency": _SIGNS.get(tier.currency, tier.currency),
    }


def _hint(tier: Tier) -> str:
    if tier.most is None:
        return ""
    most = sentences.money(tier.most, tier.currency)
    if tier.by_ceiling:
        agreed = {"amount": most, "supplier": settings.SUPPLIER_NAME}
        return _("At most %(amount)s, as agreed with %(supplier)s.") % agreed
    return _("You can give up to %(amount)s.") % {"amount": most}


def typed_amount(amount: Decimal) -> str:
    """An amount as somebody would have typed it."""
    return sentences.money(amount, "EUR").removesuffix("€").strip()


def initial(grants: Sequence[Grant], *, until: str = "") -> dict[str, Any]:
    """What a form of change begins with: what is held now."""
    if not grants:
        return {"where": "some"}
    grant = grants[-1]
    values: dict[str, Any] = {
        "tier": grant.role,
        "where": "all" if grant.all_sites else "some",
        "sites": [str(place.id) for place in grant.places],
        "until": until,
    }
    amounts = [limit.amount for limit in grant.limits.values() if limit.amount is not None]
    if amounts:
        values[forms.limit_field(grant.role)] = typed_amount(min(amounts))
    return values


def foreseen(
    here: Here, form: forms.Giving, book: Book, before: Sequence[Right], *, nothing: str
) -> dict[str, Any]:
    """What would follow from what is filled in; a sentence where it is not yet clear. One statement."""
    if not form.is_bound:
        return {"gains": [], "losses": [], "nothing": nothing}
    if not form.is_valid():
        return {
            "gains": [],
            "losses": [],
            "nothing": _("Nothing has happened yet. Correct what is marked first."),
        }
    after = entitlements.suppose(organization=here.company, access=form.access, at=here.at)
    found = effect.between(before=before, after=after, sites=list(book.sites.values()), texts=book.does)
    return {
        "gains": [*_looks_after(form, before), *found.gains],
        "losses": found.losses,
        "nothing": _("Nothing changes."),
    }


def _looks_after(form: forms.Giving, before: Sequence[Right]) -> list[str]:
    del before
    tier = form.gifts.tier(form.cleaned_data["tier"])
    if tier is None or not tier.looks_after:
        return []
    return [gains.in_language(tier.description).rstrip(".")]


def until_typed(until: dt.datetime | None, clock: formats.Clock) -> str:
    """The last day, as one would type it."""
    return clock.date(until - dt.timedelta(microseconds=1)) if until else ""


def panel(
    here: Here, found: Found, form: forms.Giving, grants: Sequence[Grant], *, restoring: bool
) -> dict[str, Any]:
    """The panel of people/access.html over the page of a colleague. Six statements at most."""
    one = found.membership
    before = entitlements.of(memberships=[one.id], at=here.at)[one.id]
    book = catalogue.read(organization=here.company)
    route = "person_restore" if restoring else "person_access"
    return {
        **choices(form, now=grants[-1].role if grants else ""),
        "effect": foreseen(here, form, book, before, nothing=_("Nothing has happened yet.")),
        "restoring": restoring,
        "now_sentence": _("Now: %(access)s") % {"access": words.summary(grants) or _("no access")},
        "first_name": one.user.name,
        "access_url": here.url(route, membership=one.id),
        "close_url": here.url("person", membership=one.id),
    }
