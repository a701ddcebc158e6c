"""The difference between two sets of rights, in sentences for "will be able to" and "will no longer be able to"."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from delegation.access.queries import SiteName
from delegation.authorization.entitlements import Right
from delegation.authorization.values import AmountLimit
from portal.wording import access, cldr, dates, supplier_texts

Texts = Mapping[str, Mapping[str, str]]
"""The texts of entitlements by key, in each language."""

_LATER = uuid.UUID(int=0)
"""Stands for all sites that are added later."""
_UNLIMITED = AmountLimit(None, "", "")


_Limits = frozenset[AmountLimit]
_Unit = tuple[str, str]
"""The currency and the period of an amount. Only amounts of one unit can be compared."""


@dataclass(frozen=True, slots=True)
class _Extent:
    """Holds the limits and the end of a right at one site; an end of None means without.

    `limits` holds the highest amount of each unit; no limit at all (an amount of None) is the only one, without unit.
    """

    limits: _Limits
    until: dt.datetime | None

    def union(self, other: "_Extent") -> "_Extent":
        """Return the higher limits and the later end of two rights at the same site."""
        until = None if self.until is None or other.until is None else max(self.until, other.until)
        return _Extent(_highest(self.limits | other.limits), until)


def _highest(limits: Iterable[AmountLimit]) -> _Limits:
    highest: dict[_Unit, AmountLimit] = {}
    for one in limits:
        if one.amount is None:
            return frozenset({_UNLIMITED})
        unit = (one.currency, one.period)
        if unit not in highest or one.amount > (highest[unit].amount or 0):
            highest[unit] = one
    return frozenset(highest.values())


def _beyond(limits: _Limits, others: _Limits) -> _Limits:
    """Return the limits that none of the others covers: no limit at all covers each."""
    return frozenset(one for one in limits if not any(_covers(other, one) for other in others))


def _covers(limit: AmountLimit, other: AmountLimit) -> bool:
    if limit.amount is None or other.amount is None:
        return limit.amount is None
    same_unit = (limit.currency, limit.period) == (other.currency, other.period)
    return same_unit and limit.amount >= other.amount


@dataclass(frozen=True, slots=True)
class _Reach:
    """Holds the extent of one entitlement at each site, over all rights to it."""

    sample: Right
    at: dict[uuid.UUID, _Extent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccessChanges:
    """Holds the sentences for the two lists of `kh.access_changes`."""

    gains: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)


def between(
    *,
    before: Sequence[Right],
    after: Sequence[Right],
    sites: Sequence[SiteName],
    texts: Texts,
    clock: dates.Clock,
) -> AccessChanges:
    """Return the gains and losses of one person. `sites` are all sites of the organization, in order."""
    had, has = _reaches(before, sites), _reaches(after, sites)
    comparison = _Comparison({site.id: site.name for site in sites}, texts, clock)
    for key in dict.fromkeys([*has, *had]):
        comparison.compare(had.get(key), has.get(key))
    return comparison.result


def _reaches(rights: Sequence[Right], sites: Sequence[SiteName]) -> dict[str, _Reach]:
    reaches: dict[str, _Reach] = {}
    for right in rights:
        reach = reaches.setdefault(right.entitlement, _Reach(right))
        extent = _Extent(_highest([right.limit]), right.valid_until)
        every_site = [_LATER, *(site.id for site in sites)]
        for site_id in every_site if right.all_sites else [site.id for site in right.sites]:
            reach.at[site_id] = reach.at[site_id].union(extent) if site_id in reach.at else extent
    return reaches


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Collects the sentences; `sites` are the names of all sites, in order."""

    sites: Mapping[uuid.UUID, str]
    texts: Texts
    clock: dates.Clock
    result: AccessChanges = field(default_factory=AccessChanges)

    def compare(self, had: _Reach | None, has: _Reach | None) -> None:
        """Add the sentences of one entitlement; None where the person does not have it before or after."""
        if has is not None and had is None:
            self.result.gains.append(self._gained(has, self._all_of(has), has.at))
        elif had is not None and has is None:
            self.result.losses.append(self._lost(had, self._all_of(had), had.at))
        elif had is not None and has is not None:
            self._compare_sites(had, has)
            self._compare_amounts(had, has)
            self._compare_ends(had, has)

    def _compare_sites(self, had: _Reach, has: _Reach) -> None:
        more = [site for site in has.at if site not in had.at]
        less = [site for site in had.at if site not in has.at]
        if more:
            self.result.gains.append(self._gained(has, self._at(more), more))
        if less:
            self.result.losses.append(self._lost(had, self._at(less), less))

    def _compare_amounts(self, had: _Reach, has: _Reach) -> None:
        if not has.sample.takes_amount:
            return
        changes: dict[tuple[_Limits, _Limits], list[uuid.UUID]] = defaultdict(list)
        for site in _common(had, has):
            if had.at[site].limits != has.at[site].limits:
                changes[had.at[site].limits, has.at[site].limits].append(site)
        for sites in changes.values():
            self._compare_limits(had, has, sites)

    def _compare_limits(self, had: _Reach, has: _Reach, sites: Sequence[uuid.UUID]) -> None:
        """Add the sentences about other limits at these sites, which are alike.

        Amounts of another currency or period are neither higher nor lower: the old ones are lost and the new gained.
        """
        old, new = had.at[sites[0]].limits, has.at[sites[0]].limits
        gained, lost = _beyond(new, old), _beyond(old, new)
        where, until = self._unless_all(sites, had, has), self._until(has, sites)
        one_is_higher = len(old) == len(new) == 1 and not (gained and lost)
        if one_is_higher:
            changed = self._changed(has.sample, *old, *new, raised=bool(gained))
            gained_text = lost_text = changed
        else:
            does = self._does(has.sample)
            gained_text, lost_text = _joined(does, _limits(gained)), _joined(does, _limits(lost))
        if gained:
            self.result.gains.append(_joined(gained_text, where, until))
        if lost:
            self.result.losses.append(_joined(lost_text, where))

    def _compare_ends(self, had: _Reach, has: _Reach) -> None:
        changes: dict[tuple[dt.datetime | None, dt.datetime | None], list[uuid.UUID]] = defaultdict(list)
        for site in _common(had, has):
            if had.at[site].until != has.at[site].until:
                changes[had.at[site].until, has.at[site].until].append(site)
        for (old, new), sites in changes.items():
            where = self._unless_all(sites, had, has)
            if old is not None and (new is None or new > old):
                until = access.until(new, self.clock)
                self.result.gains.append(_joined(self._after(has, old), where, until))
            elif new is not None:
                self.result.losses.append(_joined(self._after(has, new), where))

    def _after(self, reach: _Reach, end: dt.datetime) -> str:
        values = {"does": self._does(reach.sample), "day": self.clock.last_day(end)}
        return _("%(does)s after %(day)s") % values

    def _changed(self, right: Right, old: AmountLimit, new: AmountLimit, *, raised: bool) -> str:
        limited = old if new.amount is None else new
        values = {
            "does": self._does(right),
            "old": _amount(old.amount, limited.currency),
            "new": _amount(new.amount, limited.currency),
            "period": access.period(limited.period),
        }
        if raised:
            return _("%(does)s up to %(new)s %(period)s, not only %(old)s") % values
        return _("%(does)s up to %(old)s %(period)s, only up to %(new)s") % values

    def _gained(self, reach: _Reach, where: str, sites: Iterable[uuid.UUID]) -> str:
        return _joined(self._lost(reach, where, sites), self._until(reach, sites))

    def _lost(self, reach: _Reach, where: str, sites: Iterable[uuid.UUID]) -> str:
        at_each = {reach.at[site].limits for site in sites}
        sample, limit = reach.sample, ""
        if sample.takes_amount and len(at_each) == 1:
            limit = _limits(next(iter(at_each)))
        return _joined(self._does(sample), limit, where)

    def _until(self, reach: _Reach, sites: Iterable[uuid.UUID]) -> str:
        days = {access.until(reach.at[site].until, self.clock) for site in sites}
        return next(iter(days)) if len(days) == 1 else ""

    def _does(self, right: Right) -> str:
        return supplier_texts.in_language(self.texts[right.entitlement])

    def _all_of(self, reach: _Reach) -> str:
        return _("at all sites") if _LATER in reach.at else self._at(reach.at)

    def _unless_all(self, sites: Sequence[uuid.UUID], had: _Reach, has: _Reach) -> str:
        return "" if len(sites) == len(_common(had, has)) else self._at(sites)

    def _at(self, sites: Iterable[uuid.UUID]) -> str:
        site_ids = set(sites)
        names = [name for site, name in self.sites.items() if site in site_ids]
        if _LATER not in site_ids:
            return access.at_sites(names, most=5)
        if not names:
            return _("at sites that are added later")
        text = dates.name_list(names, most=5)
        return _("at %(sites)s, and at sites that are added later") % {"sites": text}


def _limits(limits: _Limits) -> str:
    """Return `up to 5 000 € a month`; several are joined, by currency and period."""
    in_order = sorted(limits, key=lambda one: (one.currency, access.PERIODS.index(one.period or "order")))
    return cldr.joined([access.limit(one.amount, one.currency, one.period) for one in in_order])


def _common(had: _Reach, has: _Reach) -> list[uuid.UUID]:
    return [site for site in had.at if site in has.at]


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _amount(amount: Decimal | None, currency: str) -> str:
    return _("any amount") if amount is None else cldr.money(amount, currency)
