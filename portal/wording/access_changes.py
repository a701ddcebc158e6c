"""Will and will no longer be able to: the difference between two sets of rights, in sentences."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from delegation.access.queries import SiteName
from delegation.authorization.entitlements import Right
from portal.wording import access, admin_abilities, cldr, dates

Texts = Mapping[str, Mapping[str, str]]
"""What each entitlement lets one do, by its key."""

_LATER = uuid.UUID(int=0)
"""The place that stands for all sites that are added later."""


@dataclass(frozen=True, slots=True)
class _Held:
    """At one place: up to which amount (None: without limit), until when (None: without end)."""

    amount: Decimal | None
    until: dt.datetime | None

    def and_also(self, other: "_Held") -> "_Held":
        """The more of two that stand side by side."""
        one, another = self.amount, other.amount
        amount = None if one is None or another is None else max(one, another)
        until = None if self.until is None or other.until is None else max(self.until, other.until)
        return _Held(amount, until)


@dataclass(frozen=True, slots=True)
class _Reach:
    """One entitlement over all rights to it, by place."""

    sample: Right
    at: dict[uuid.UUID, _Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccessChanges:
    """Sentences for the two lists of a `kh-diff`."""

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
    """What somebody gains and loses. `sites` are all of the organization, in order."""
    had, has = _reaches(before, sites), _reaches(after, sites)
    comparison = _Comparison({site.id: site.name for site in sites}, texts, clock)
    for key in dict.fromkeys([*has, *had]):
        comparison.compare(had.get(key), has.get(key))
    return comparison.found


def _reaches(rights: Sequence[Right], sites: Sequence[SiteName]) -> dict[str, _Reach]:
    found: dict[str, _Reach] = {}
    for right in rights:
        reach = found.setdefault(right.entitlement, _Reach(right))
        held = _Held(right.amount, right.valid_until)
        everywhere = [_LATER, *(site.id for site in sites)]
        for one in everywhere if right.all_sites else [site.id for site in right.sites]:
            reach.at[one] = reach.at[one].and_also(held) if one in reach.at else held
    return found


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Knows what sites are called, in their order, and collects the sentences."""

    sites: Mapping[uuid.UUID, str]
    texts: Texts
    clock: dates.Clock
    found: AccessChanges = field(default_factory=AccessChanges)

    def compare(self, had: _Reach | None, has: _Reach | None) -> None:
        """One entitlement, before and after."""
        if has is not None and had is None:
            self.found.gains.append(self._gained(has, self._all_of(has), has.at))
        elif had is not None and has is None:
            self.found.losses.append(self._lost(had, self._all_of(had), had.at))
        elif had is not None and has is not None:
            self._places(had, has)
            self._amounts(had, has)
            self._ends(had, has)

    def _places(self, had: _Reach, has: _Reach) -> None:
        more = [one for one in has.at if one not in had.at]
        less = [one for one in had.at if one not in has.at]
        if more:
            self.found.gains.append(self._gained(has, self._at(more), more))
        if less:
            self.found.losses.append(self._lost(had, self._at(less), less))

    def _amounts(self, had: _Reach, has: _Reach) -> None:
        if not has.sample.takes_amount:
            return
        changes: dict[tuple[Decimal | None, Decimal | None], list[uuid.UUID]] = defaultdict(list)
        for one in _common(had, has):
            if had.at[one].amount != has.at[one].amount:
                changes[had.at[one].amount, has.at[one].amount].append(one)
        for (old, new), places in changes.items():
            raised = new is None or (old is not None and new > old)
            said = self._changed(has.sample, old, new, raised=raised)
            until = self._until(has, places) if raised else ""
            line = _joined(said, self._unless_all(places, had, has), until)
            (self.found.gains if raised else self.found.losses).append(line)

    def _ends(self, had: _Reach, has: _Reach) -> None:
        changes: dict[tuple[dt.datetime | None, dt.datetime | None], list[uuid.UUID]] = defaultdict(list)
        for one in _common(had, has):
            if had.at[one].until != has.at[one].until:
                changes[had.at[one].until, has.at[one].until].append(one)
        for (old, new), places in changes.items():
            where = self._unless_all(places, had, has)
            if old is not None and (new is None or new > old):
                until = access.until(new, self.clock)
                self.found.gains.append(_joined(self._after(has, old), where, until))
            elif new is not None:
                self.found.losses.append(_joined(self._after(has, new), where))

    def _after(self, reach: _Reach, end: dt.datetime) -> str:
        said = {"does": self._does(reach.sample), "day": self.clock.last_day(end)}
        return _("%(does)s after %(day)s") % said

    def _changed(self, right: Right, old: Decimal | None, new: Decimal | None, *, raised: bool) -> str:
        values = {
            "does": self._does(right),
            "old": _amount(old, right.currency),
            "new": _amount(new, right.currency),
            "period": admin_abilities.period(right.period),
        }
        if raised:
            return _("%(does)s up to %(new)s %(period)s, not only %(old)s") % values
        return _("%(does)s up to %(old)s %(period)s, only up to %(new)s") % values

    def _gained(self, reach: _Reach, where: str, places: Iterable[uuid.UUID]) -> str:
        return _joined(self._lost(reach, where, places), self._until(reach, places))

    def _lost(self, reach: _Reach, where: str, places: Iterable[uuid.UUID]) -> str:
        amounts = {reach.at[one].amount for one in places}
        sample, limit = reach.sample, ""
        if sample.takes_amount and len(amounts) == 1:
            limit = access.limit(next(iter(amounts)), sample.currency, sample.period)
        return _joined(self._does(sample), limit, where)

    def _until(self, reach: _Reach, places: Iterable[uuid.UUID]) -> str:
        days = {access.until(reach.at[one].until, self.clock) for one in places}
        return next(iter(days)) if len(days) == 1 else ""

    def _does(self, right: Right) -> str:
        return admin_abilities.in_language(self.texts[right.entitlement])

    def _all_of(self, reach: _Reach) -> str:
        return _("at all sites") if _LATER in reach.at else self._at(reach.at)

    def _unless_all(self, places: Sequence[uuid.UUID], had: _Reach, has: _Reach) -> str:
        return "" if len(places) == len(_common(had, has)) else self._at(places)

    def _at(self, places: Iterable[uuid.UUID]) -> str:
        wanted = set(places)
        names = [name for one, name in self.sites.items() if one in wanted]
        if _LATER not in wanted:
            return access.at(names, most=5)
        if not names:
            return _("at sites that are added later")
        listed = dates.listed(names, most=5)
        return _("at %(sites)s, and at sites that are added later") % {"sites": listed}


def _common(had: _Reach, has: _Reach) -> list[uuid.UUID]:
    return [one for one in had.at if one in has.at]


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _amount(amount: Decimal | None, currency: str) -> str:
    return _("any amount") if amount is None else cldr.money(amount, currency)
