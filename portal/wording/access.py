"""What somebody may do, in words: rights of other systems, tiers, places."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.access.queries import AssignmentView
from delegation.authorization.entitlements import Right
from delegation.authorization.values import AmountLimit
from portal.wording import admin_abilities, cldr, dates


def limit(amount: Decimal | None, currency: str, period: str) -> str:
    """`up to 5 000 € an order`, `without limit`."""
    if amount is None:
        return _("without limit")
    return _("up to %(amount)s %(period)s") % {
        "amount": cldr.money(amount, currency),
        "period": admin_abilities.period(period),
    }


def can(rights: Sequence[Right], *, texts: Mapping[str, Mapping[str, str]], clock: dates.Clock) -> str:
    """`order in the web shop and approve others’ orders, up to 6 000 € an order, at Oulu, until 31 Dec`.

    What has a limit comes in one breath with all that has the same one; without any, the first right alone.
    """
    said: dict[tuple[str, str, str], list[str]] = {}
    for one in [right for right in rights if right.takes_amount] or rights[:1]:
        up_to = limit(one.amount, one.currency, one.period) if one.takes_amount else ""
        there = "" if one.all_sites else at([site.name for site in one.sites])
        key = (up_to, there, until(one.valid_until, clock))
        said.setdefault(key, []).append(admin_abilities.in_language(texts[one.entitlement]))
    return "; ".join(
        ", ".join(part for part in (dates.listed(list(dict.fromkeys(does))), *key) if part)
        for key, does in said.items()
    )


def shortest(limits: Iterable[AmountLimit]) -> str:
    """The lowest of several limits, as one line in a list: `up to 5 000 €`."""
    amounts = [(one.amount, one.currency) for one in limits if one.amount is not None]
    if not amounts:
        return ""
    amount, currency = min(amounts)
    return _("up to %(amount)s") % {"amount": cldr.money(amount, currency)}


def places(*, everywhere: bool, names: Sequence[str], inside: bool = False) -> str:
    """`All sites`, `Tampere and Oulu`; `inside` a sentence `all sites`."""
    if everywhere:
        return _("all sites") if inside else _("All sites")
    return dates.listed(names)


def at(names: Sequence[str], *, most: int = 3) -> str:
    """`at Tampere and Oulu`; nothing for no place."""
    text = ngettext("at %(sites)s", "at %(sites)s", len(names))
    return text % {"sites": dates.listed(names, most=most)} if names else ""


def of_grant(grant: AssignmentView, *, inside: bool = False) -> str:
    """Where a grant holds."""
    names = [place.name for place in grant.sites]
    return places(everywhere=grant.all_sites, names=names, inside=inside)


def right(one: Right, *, text: Mapping[str, str]) -> str:
    """`order in the web shop, up to 5 000 € an order`."""
    does = admin_abilities.in_language(text)
    if not one.takes_amount:
        return does
    up_to = limit(one.amount, one.currency, one.period)
    return _("%(does)s, %(limit)s") % {"does": does, "limit": up_to}


def right_marked(one: Right, *, text: Mapping[str, str]) -> SafeString:
    """The same as the beginning of a line, the amount in bold."""
    does = dates.first_upper(admin_abilities.in_language(text))
    if not one.takes_amount or one.amount is None:
        return format_html("{}", dates.first_upper(right(one, text=text)))
    bold = format_html("<b>{}</b>", cldr.money(one.amount, one.currency))
    whole = _("%(does)s, %(limit)s") % {"does": "{0}", "limit": _("up to %(amount)s %(period)s")}
    pattern = whole % {"amount": "{1}", "period": "{2}"}
    return format_html(pattern, does, bold, admin_abilities.period(one.period))


def where(one: Right) -> str:
    """Where a right holds."""
    return places(everywhere=one.all_sites, names=[site.name for site in one.sites])


def tiers(grants: Sequence[AssignmentView]) -> str:
    """The names of what is held: `Orderer`, `Orderer and Site admin`."""
    names = list(dict.fromkeys(admin_abilities.in_language(grant.role_name) for grant in grants))
    return dates.listed(names)


def sites(grants: Sequence[AssignmentView]) -> str:
    """Where any of it holds."""
    if any(grant.all_sites for grant in grants):
        return places(everywhere=True, names=())
    found = {place.id: place for grant in grants for place in grant.sites}
    return places(everywhere=False, names=[place.name for place in found.values()])


def limits(grants: Sequence[AssignmentView]) -> str:
    """The lowest limit of all that is held, for a list."""
    return shortest(one for grant in grants for one in grant.limits.values())


def until(end: dt.datetime | None, clock: dates.Clock) -> str:
    """`until 31 Dec`; nothing for what has no end."""
    return _("until %(day)s") % {"day": clock.last_day(end)} if end is not None else ""


def ends(grants: Sequence[AssignmentView], clock: dates.Clock) -> str:
    """Until when all of it holds at most, for a list: nothing where a part of it has no end."""
    days = [grant.valid_until for grant in grants if grant.valid_until is not None]
    return until(max(days), clock) if days and len(days) == len(grants) else ""


def summary(grants: Sequence[AssignmentView], clock: dates.Clock) -> str:
    """`Orderer, up to 2 000 €, Tampere and Oulu, until 31 Dec`; of several, one after the other."""
    return "; ".join(_summary(grant, clock) for grant in grants)


def _summary(grant: AssignmentView, clock: dates.Clock) -> str:
    one = [grant]
    parts = (tiers(one), limits(one), of_grant(grant, inside=True), ends(one, clock))
    return ", ".join(part for part in parts if part)
