"""Will and will no longer be able to: the difference between two sets of rights, in sentences."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from delegation.entitlements import Right
from delegation.queries.held import Place
from portal import gains, sentences
from portal.web import formats, words

Texts = Mapping[str, Mapping[str, str]]
"""What each entitlement lets one do, by its key."""


@dataclass(slots=True)
class _Reach:
    """One entitlement over all rights to it: where, and for each place up to which amount (None: without limit)."""

    sample: Right
    everywhere: bool = False
    at: dict[uuid.UUID, Decimal | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """Sentences for the two lists of a `kh-diff`."""

    gains: Sequence[str]
    losses: Sequence[str]


def between(
    *, before: Sequence[Right], after: Sequence[Right], sites: Sequence[Place], texts: Texts
) -> Effect:
    """What somebody gains and loses. `sites` are all of the organization, in order."""
    had, has = _reaches(before, sites), _reaches(after, sites)
    gained: list[str] = []
    lost: list[str] = []
    for key in dict.fromkeys([*has, *had]):
        text = texts[key]
        _compare(had.get(key), has.get(key), sites, text, gained, lost)
    return Effect(gained, lost)


def _reaches(rights: Sequence[Right], sites: Sequence[Place]) -> dict[str, _Reach]:
    found: dict[str, _Reach] = {}
    for right in rights:
        reach = found.setdefault(right.entitlement, _Reach(right))
        reach.everywhere |= right.all_sites
        places = [site.id for site in sites] if right.all_sites else [site.id for site in right.sites]
        for place in places:
            reach.at[place] = _higher(reach.at[place], right.amount) if place in reach.at else right.amount
    return found


def _higher(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else max(one, other)


def _compare(
    had: _Reach | None,
    has: _Reach | None,
    sites: Sequence[Place],
    text: Mapping[str, str],
    gained: list[str],
    lost: list[str],
) -> None:
    if has is None and had is not None:
        lost.append(_sentence(had, text, _where(had, sites)))
        return
    if had is None and has is not None:
        gained.append(_sentence(has, text, _where(has, sites)))
        return
    if had is None or has is None:
        return
    _places(had, has, sites, text, gained, lost)
    _amounts(had, has, sites, text, gained, lost)


def _places(
    had: _Reach,
    has: _Reach,
    sites: Sequence[Place],
    text: Mapping[str, str],
    gained: list[str],
    lost: list[str],
) -> None:
    names = {site.id: site.name for site in sites}
    more = [names[one] for one in has.at if one not in had.at]
    less = [names[one] for one in had.at if one not in has.at]
    if more or (has.everywhere and not had.everywhere):
        gained.append(_sentence(has, text, _new_places(more, everywhere=has.everywhere)))
    if less or (had.everywhere and not has.everywhere):
        lost.append(_sentence(had, text, _new_places(less, everywhere=had.everywhere)))


def _new_places(names: Sequence[str], *, everywhere: bool) -> str:
    if not names:
        return _("at sites that are added later")
    listed = formats.listed(names, most=5)
    if everywhere:
        return _("at %(sites)s, and at sites that are added later") % {"sites": listed}
    return _("at %(sites)s") % {"sites": listed}


def _amounts(
    had: _Reach,
    has: _Reach,
    sites: Sequence[Place],
    text: Mapping[str, str],
    gained: list[str],
    lost: list[str],
) -> None:
    if not has.sample.takes_amount:
        return
    changes: dict[tuple[Decimal | None, Decimal | None], list[str]] = defaultdict(list)
    for site in sites:
        if site.id in had.at and site.id in has.at and had.at[site.id] != has.at[site.id]:
            changes[had.at[site.id], has.at[site.id]].append(site.name)
    common = [site for site in sites if site.id in had.at and site.id in has.at]
    for (old, new), names in changes.items():
        where = "" if len(names) == len(common) else _("at %(sites)s") % {"sites": formats.listed(names)}
        raised = new is None or (old is not None and new > old)
        (gained if raised else lost).append(_changed(has.sample, text, old, new, where, raised=raised))


def _changed(
    right: Right,
    text: Mapping[str, str],
    old: Decimal | None,
    new: Decimal | None,
    where: str,
    *,
    raised: bool,
) -> str:
    values = {
        "does": gains.in_language(text),
        "old": _amount(old, right.currency),
        "new": _amount(new, right.currency),
        "period": gains.period(right.period),
    }
    if raised:
        said = _("%(does)s up to %(new)s %(period)s, not only %(old)s") % values
    else:
        said = _("%(does)s up to %(old)s %(period)s, only up to %(new)s") % values
    return f"{said}, {where}" if where else said


def _amount(amount: Decimal | None, currency: str) -> str:
    return _("any amount") if amount is None else sentences.money(amount, currency)


def _where(reach: _Reach, sites: Sequence[Place]) -> str:
    if reach.everywhere:
        return _("at all sites")
    names = [site.name for site in sites if site.id in reach.at]
    return _("at %(sites)s") % {"sites": formats.listed(names, most=5)} if names else ""


def _sentence(reach: _Reach, text: Mapping[str, str], where: str) -> str:
    amounts = set(reach.at.values())
    sample = reach.sample
    does = gains.in_language(text)
    if sample.takes_amount and len(amounts) == 1:
        up_to = words.limit(next(iter(amounts)), sample.currency, sample.period)
        does = _("%(does)s, %(limit)s") % {"does": does, "limit": up_to}
    return f"{does}, {where}" if where else does
