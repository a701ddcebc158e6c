"""Pages word access here: rights in connected systems, tiers, sites, limits and end dates."""

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
from delegation.invitations.queries import PendingInvitation
from portal.wording import cldr, dates, supplier_texts

PERIODS = ("order", "day", "week", "month", "quarter", "year")
"""The periods that an amount may count over."""


def period(name: str) -> str:
    """Return the period that an amount counts over, as the rest of "up to 5 000 € …"."""
    words = {
        "order": _("an order"),
        "day": _("a day"),
        "week": _("a week"),
        "month": _("a month"),
        "quarter": _("a quarter"),
        "year": _("a year"),
    }
    return words.get(name, name)


def limit_label(period_name: str) -> str:
    """Return the label of a field for an amount: it says which period the amount counts over."""
    labels = {
        "order": _("Limit for one order"),
        "day": _("Limit for one day"),
        "week": _("Limit for one week"),
        "month": _("Limit for one month"),
        "quarter": _("Limit for one quarter"),
        "year": _("Limit for one year"),
    }
    return labels.get(period_name, period_name)


def limit(amount: Decimal | None, currency: str, period_name: str) -> str:
    """Return `up to 5 000 € an order`, `without limit`."""
    if amount is None:
        return _("without limit")
    return _("up to %(amount)s %(period)s") % {
        "amount": cldr.money(amount, currency),
        "period": period(period_name),
    }


def rights_summary(
    rights: Sequence[Right], *, texts: Mapping[str, Mapping[str, str]], clock: dates.Clock
) -> str:
    """Return `order in the web shop and approve others’ orders, up to 6 000 € an order, at Oulu, until 31 Dec`.

    Rights with equal limit, sites and end share one part. Where no right takes an amount, only the first is named.
    """
    abilities: dict[tuple[str, str, str], list[str]] = {}
    for right in [right for right in rights if right.takes_amount] or rights[:1]:
        up_to = limit(right.amount, right.currency, right.period) if right.takes_amount else ""
        where = "" if right.all_sites else at_sites([site.name for site in right.sites])
        key = (up_to, where, until(right.valid_until, clock))
        abilities.setdefault(key, []).append(supplier_texts.in_language(texts[right.entitlement]))
    return "; ".join(
        ", ".join(part for part in (dates.name_list(list(dict.fromkeys(does))), *key) if part)
        for key, does in abilities.items()
    )


def lowest_limit(limits: Iterable[AmountLimit]) -> str:
    """Return the lowest of several limits, for one line of a list: `up to 5 000 €`.

    The period stands there unless it is one order. Amounts of different currencies or periods cannot be compared: the
    lowest of each is named.
    """
    lowest: dict[tuple[str, str], Decimal] = {}
    for one in limits:
        if one.amount is not None:
            unit = (one.currency, one.period)
            lowest[unit] = min(one.amount, lowest.get(unit, one.amount))
    return cldr.joined([_short_limit(amount, *unit) for unit, amount in lowest.items()])


def each_limit(limits: Iterable[AmountLimit]) -> str:
    """Return every different amount, as `lowest_limit` writes it: the log shows a change of any of them."""
    different = dict.fromkeys(limit for limit in limits if limit.amount is not None)
    return cldr.joined(
        [_short_limit(one.amount, one.currency, one.period) for one in different if one.amount]
    )


def _short_limit(amount: Decimal, currency: str, period_name: str) -> str:
    if period_name != "order":
        return limit(amount, currency, period_name)
    return _("up to %(amount)s") % {"amount": cldr.money(amount, currency)}


def site_names(*, all_sites: bool, names: Sequence[str], in_sentence: bool = False) -> str:
    """Return `All sites`, `Tampere and Oulu`; in a sentence `all sites`."""
    if all_sites:
        return _("all sites") if in_sentence else _("All sites")
    return dates.name_list(names)


def at_sites(names: Sequence[str], *, most: int = 3) -> str:
    """Return `at Tampere and Oulu`; empty without a site."""
    text = ngettext("at %(sites)s", "at %(sites)s", len(names))
    return text % {"sites": dates.name_list(names, most=most)} if names else ""


def assignment_sites(assignment: AssignmentView, *, in_sentence: bool = False) -> str:
    """Return the sites where an assignment is in force."""
    names = [site.name for site in assignment.sites]
    return site_names(all_sites=assignment.all_sites, names=names, in_sentence=in_sentence)


def right(value: Right, *, text: Mapping[str, str]) -> str:
    """Return `order in the web shop, up to 5 000 € an order`."""
    does = supplier_texts.in_language(text)
    if not value.takes_amount:
        return does
    up_to = limit(value.amount, value.currency, value.period)
    return _("%(does)s, %(limit)s") % {"does": does, "limit": up_to}


def right_marked(value: Right, *, text: Mapping[str, str]) -> SafeString:
    """Return the text of `right` for the beginning of a line, with the amount in bold."""
    does = dates.first_upper(supplier_texts.in_language(text))
    if not value.takes_amount or value.amount is None:
        return format_html("{}", dates.first_upper(right(value, text=text)))
    bold = format_html("<b>{}</b>", cldr.money(value.amount, value.currency))
    whole = _("%(does)s, %(limit)s") % {"does": "{0}", "limit": _("up to %(amount)s %(period)s")}
    pattern = whole % {"amount": "{1}", "period": "{2}"}
    return format_html(pattern, does, bold, period(value.period))


def right_sites(value: Right) -> str:
    """Return the sites where a right is in force."""
    return site_names(all_sites=value.all_sites, names=[site.name for site in value.sites])


def tiers(assignments: Sequence[AssignmentView]) -> str:
    """Return the names of the assigned tiers: `Orderer`, `Orderer and Site admin`."""
    names = dict.fromkeys(supplier_texts.in_language(assignment.role_name) for assignment in assignments)
    return dates.name_list(list(names))


def sites(assignments: Sequence[AssignmentView]) -> str:
    """Return the sites where any of the assignments is in force."""
    if any(assignment.all_sites for assignment in assignments):
        return site_names(all_sites=True, names=())
    by_id = {site.id: site.name for assignment in assignments for site in assignment.sites}
    return site_names(all_sites=False, names=list(by_id.values()))


def every_site(assignments: Sequence[AssignmentView]) -> str:
    """Return all sites of `sites` by name, however many they are."""
    if any(assignment.all_sites for assignment in assignments):
        return site_names(all_sites=True, names=())
    return cldr.joined(list({site.id: site.name for it in assignments for site in it.sites}.values()))


def limits(assignments: Sequence[AssignmentView]) -> str:
    """Return the lowest limit of all assignments, for a list."""
    return lowest_limit(limit for assignment in assignments for limit in assignment.limits.values())


def until(end: dt.datetime | None, clock: dates.Clock) -> str:
    """Return `until 31 Dec`; empty without an end."""
    return _("until %(day)s") % {"day": clock.last_day(end)} if end is not None else ""


def ends_on(end: dt.datetime | None, *, zone: dt.tzinfo) -> str:
    """Return the sentence about the end date of access; empty without an end."""
    if end is None:
        return ""
    last = (end - dt.timedelta(microseconds=1)).astimezone(zone)
    return _("This access ends on %(day)s.") % {"day": cldr.date(last)}


def ends(assignments: Sequence[AssignmentView], clock: dates.Clock) -> str:
    """Return the latest end of all assignments, for a list; empty where one of them has no end."""
    days = [assignment.valid_until for assignment in assignments if assignment.valid_until is not None]
    return until(max(days), clock) if days and len(days) == len(assignments) else ""


def summary(assignments: Sequence[AssignmentView], clock: dates.Clock) -> str:
    """Return `Orderer, up to 2 000 €, Tampere and Oulu, until 31 Dec`; several are separated by semicolons."""
    return "; ".join(_summary(assignment, clock) for assignment in assignments)


def _summary(assignment: AssignmentView, clock: dates.Clock) -> str:
    parts = (
        tiers([assignment]),
        limits([assignment]),
        assignment_sites(assignment, in_sentence=True),
        ends([assignment], clock),
    )
    return ", ".join(part for part in parts if part)


def offered(invitation: PendingInvitation, clock: dates.Clock) -> str:
    """Return `Orderer, up to 2 000 €, Tampere, until 31 Dec`."""
    names = [site.name for site in invitation.sites]
    parts = (
        supplier_texts.in_language(invitation.role_name),
        lowest_limit(invitation.limits),
        site_names(all_sites=invitation.all_sites, names=names, in_sentence=True),
        until(invitation.access_until, clock),
    )
    return ", ".join(part for part in parts if part)
