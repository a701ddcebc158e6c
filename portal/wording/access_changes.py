"""Two sets of rights differ by losses, changed values and gains; pages group them so, and add what stays."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from delegation.access.queries import SiteName
from delegation.authorization.entitlements import Right
from portal.wording import access, access_reach, cldr, dates, supplier_texts
from portal.wording.access_reach import LATER, Extent, Limits, Reach

Texts = Mapping[str, Mapping[str, str]]
"""The texts of entitlements by key, in each language."""

_Group = tuple[bool, tuple[str, ...]]
"""Whether the rights are those of an admin over people, and the rest of the sentence."""
_MOST_SITES = 5


@dataclass(frozen=True, slots=True)
class Swap:
    """Describes one thing that gets another value: `At Oulu instead of Tallinn`, and in `detail` what that concerns."""

    text: SafeString
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AccessChanges:
    """Holds the sentences of one person's changes. `swaps` begins with those that take something away."""

    gains: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)
    """What the person could do before and still can, in words."""
    stays_where: str = ""
    """`at Tampere`, where all of it stays at the same part of the sites."""
    gained: int = 0
    """How many rights the gains are about: one sentence may hold several."""
    lost: int = 0
    swapped: int = 0


def between(
    *,
    before: Sequence[Right],
    after: Sequence[Right],
    sites: Sequence[SiteName],
    texts: Texts,
    clock: dates.Clock,
) -> AccessChanges:
    """Return the changes of one person. `sites` are all sites of the organization, in order."""
    had, has = access_reach.reaches(before, sites), access_reach.reaches(after, sites)
    comparison = _Comparison({site.id: site.name for site in sites}, texts, clock)
    for key in dict.fromkeys([*has, *had]):
        comparison.compare(had.get(key), has.get(key))
    return comparison.result()


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Collects what the person can do under the rest of its sentence, so that equal effects share one.

    `sites` are the names of all sites, in order.
    """

    sites: Mapping[uuid.UUID, str]
    texts: Texts
    clock: dates.Clock
    gains: dict[_Group, list[str]] = field(default_factory=lambda: defaultdict(list))
    losses: dict[_Group, list[str]] = field(default_factory=lambda: defaultdict(list))
    amounts: dict[tuple[bool, str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """By whether it is lowered, the new limit, the old one and the place."""
    details: dict[tuple[bool, SafeString], list[str]] = field(default_factory=lambda: defaultdict(list))
    """By whether it takes away, and the sentence about sites or ends."""
    stays: list[tuple[str, frozenset[uuid.UUID], bool]] = field(default_factory=list)
    """What stays, at which sites, and whether these are all that the person had and has."""

    def compare(self, had: Reach | None, has: Reach | None) -> None:
        """Add one entitlement; None where the person does not have it before or after."""
        if has is not None and had is None:
            self._gain(has, has.at)
        elif had is not None and has is None:
            self.losses[_group(had)].append(self._does(had))
        elif had is not None and has is not None:
            self._compare_sites(had, has)
            self._note_stay(had, has)

    def _compare_sites(self, had: Reach, has: Reach) -> None:
        more = [site for site in has.at if site not in had.at]
        less = [site for site in had.at if site not in has.at]
        old, new = had.common_extent(less), has.common_extent(more)
        if old is not None and new is not None:
            text = _("At %(new)s instead of %(old)s") % {"new": "{0}", "old": "{1}"}
            self._add_detail(has, _bold(text, self._names(more), self._names(less)), takes_away=True)
            self._compare_extents(has, old, new, "")
        else:
            if more:
                self._gain(has, more)
            if less:
                self.losses[_group(had, self._at(less))].append(self._does(had))
        pairs: dict[tuple[Extent, Extent], list[uuid.UUID]] = defaultdict(list)
        common = [site for site in had.at if site in has.at]
        for site in common:
            pairs[had.at[site], has.at[site]].append(site)
        for (before, after), sites in pairs.items():
            self._compare_extents(has, before, after, "" if len(sites) == len(common) else self._at(sites))

    def _compare_extents(self, reach: Reach, old: Extent, new: Extent, where: str) -> None:
        more, less = new.limits - old.limits, old.limits - new.limits
        if more and less:
            lowered = not access_reach.is_covered(old.limits, by=new.limits)
            key = (lowered, _limits(more), _old_limits(less, more), where)
            self.amounts[key] = list(dict.fromkeys([*self.amounts[key], self._does(reach)]))
        elif more:
            self.gains[_group(reach, _limits(more), where)].append(self._does(reach))
        elif less:
            self.losses[_group(reach, _limits(less), where)].append(self._does(reach))
        if old.until != new.until:
            earlier = new.until is not None and (old.until is None or new.until < old.until)
            self._add_detail(reach, self._other_end(old.until, new.until, where), takes_away=earlier)

    def _other_end(self, old: dt.datetime | None, new: dt.datetime | None, where: str) -> SafeString:
        days = [self.clock.last_day(end) if end is not None else "" for end in (new, old)]
        if old is None:
            text = _bold(_("Ends after %(day)s") % {"day": "{}"}, days[0])
        elif new is None:
            pattern = _("No longer ends after %(day)s") % {"day": "{}"}
            text = format_html(pattern, days[1])
        else:
            text = _bold(_("Until %(new)s instead of %(old)s") % {"new": "{0}", "old": "{1}"}, *days)
        return format_html("{}, {}", text, where) if where else text

    def _add_detail(self, reach: Reach, text: SafeString, *, takes_away: bool) -> None:
        found = self.details[takes_away, text]
        self.details[takes_away, text] = list(dict.fromkeys([*found, self._does(reach)]))

    def _gain(self, reach: Reach, sites: Iterable[uuid.UUID]) -> None:
        at = list(sites)
        limits = {reach.at[site].limits for site in at}
        limit = _limits(limits.pop()) if reach.sample.takes_amount and len(limits) == 1 else ""
        days = {access.until(reach.at[site].until, self.clock) for site in at}
        where = _("at all sites") if set(at) == set(reach.at) and LATER in reach.at else self._at(at)
        parts = (limit, where, days.pop() if len(days) == 1 else "")
        self.gains[_group(reach, *parts)].append(self._does(reach))

    def _note_stay(self, had: Reach, has: Reach) -> None:
        same = frozenset(site for site, extent in had.at.items() if has.at.get(site) == extent)
        if same:
            self.stays.append((self._does(has), same, same == had.at.keys() == has.at.keys()))

    def _does(self, reach: Reach) -> str:
        return supplier_texts.in_language(self.texts[reach.sample.entitlement])

    def _names(self, sites: Iterable[uuid.UUID]) -> str:
        site_ids = set(sites)
        names = [name for site, name in self.sites.items() if site in site_ids]
        return dates.name_list(names, most=_MOST_SITES)

    def _at(self, sites: Iterable[uuid.UUID]) -> str:
        site_ids = set(sites)
        names = [name for site, name in self.sites.items() if site in site_ids]
        if LATER not in site_ids:
            return access.at_sites(names, most=_MOST_SITES)
        if not names:
            return _("at sites that are added later")
        return _("at %(sites)s, and at sites that are added later") % {"sites": self._names(site_ids)}

    def result(self) -> AccessChanges:
        """Return the sentences, one for each effect."""
        swaps = [(lowered, _amount_swap(does, new, old, where))
                 for (lowered, new, old, where), does in self.amounts.items()]  # fmt: skip
        swaps += [(away, Swap(text, dates.first_upper(cldr.joined(does))))
                  for (away, text), does in self.details.items()]  # fmt: skip
        return AccessChanges(
            gains=[_sentence(does, parts) for (_admin, parts), does in self.gains.items()],
            losses=[_sentence(does, parts) for (_admin, parts), does in self.losses.items()],
            swaps=[swap for _away, swap in sorted(swaps, key=lambda one: not one[0])],
            stays=list(dict.fromkeys(does for does, _sites, _whole in self.stays)),
            stays_where=self._stays_where(),
            gained=_number(self.gains.values()),
            lost=_number(self.losses.values()),
            swapped=_number([*self.amounts.values(), *self.details.values()]),
        )

    def _stays_where(self) -> str:
        places = {sites for _does, sites, _whole in self.stays}
        partial = any(not whole for _does, _sites, whole in self.stays)
        return self._at(places.pop()) if len(places) == 1 and partial else ""


def _number(rights: Iterable[Sequence[str]]) -> int:
    """Count each right once, however many sentences name it."""
    return len({does for sentence in rights for does in sentence})


def _group(reach: Reach, *parts: str) -> _Group:
    return not reach.sample.application, parts


def _sentence(does: Sequence[str], parts: Sequence[str]) -> str:
    return ", ".join(part for part in (cldr.joined(list(dict.fromkeys(does))), *parts) if part)


def _amount_swap(does: Sequence[str], new: str, old: str, where: str) -> Swap:
    pattern = _("%(does)s, %(new)s instead of %(old)s") % {"does": "{0}", "new": "<b>{1}</b>", "old": "{2}"}
    sentence = format_html(pattern, dates.first_upper(cldr.joined(does)), new, old)
    return Swap(format_html("{}, {}", sentence, where) if where else sentence)


def _bold(pattern: str, first: str, *others: str) -> SafeString:
    return format_html(pattern, format_html("<b>{}</b>", first), *others)


def _limits(limits: Limits) -> str:
    """Return `up to 5 000 € a month`; several are joined, by currency and period."""
    in_order = sorted(limits, key=lambda one: (one.currency, access.PERIODS.index(one.period or "order")))
    return cldr.joined([access.limit(one.amount, one.currency, one.period) for one in in_order])


def _old_limits(old: Limits, new: Limits) -> str:
    """Return the amount alone where the new limit has named its unit."""
    if access_reach.UNLIMITED in old:
        return _("any amount")
    units = {(one.currency, one.period) for one in old | new}
    (first, *others) = old
    if not others and len(units) == 1 and first.amount is not None:
        return cldr.money(first.amount, first.currency)
    return _limits(old)
