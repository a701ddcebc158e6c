"""A change of rights between two days is worded here."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.authorization import rights_between
from delegation.authorization.rights_between import ChangeCounts, RightChange, RightReach
from delegation.catalogue.display_names import DisplayNames
from portal.wording import access, cldr, dates, supplier_texts


def summary(counts: ChangeCounts) -> str:
    """Return `2 gained, 1 lost`."""
    texts = [
        text % {"number": cldr.number(number)}
        for number, text in (
            (counts.gained, ngettext("%(number)s gained", "%(number)s gained", counts.gained)),
            (counts.lost, ngettext("%(number)s lost", "%(number)s lost", counts.lost)),
            (counts.changed, ngettext("%(number)s changed", "%(number)s changed", counts.changed)),
        )
        if number
    ]
    return cldr.joined(texts)


def ordered(changes: Iterable[RightChange], names: DisplayNames) -> list[RightChange]:
    """Return tiers, then rights, each in the order of the catalogue."""
    place = {key: index for index, key in enumerate([*names.tiers, *names.entitlements])}
    return sorted(changes, key=lambda one: (one.kind != rights_between.TIER, place.get(one.key, 0)))


def what(change: RightChange, names: DisplayNames) -> str:
    """Return what a person can do, or the tier."""
    if change.kind == rights_between.TIER:
        tier = supplier_texts.in_language(names.tiers.get(change.key, {"en": change.key}))
        return _("Tier %(tier)s") % {"tier": tier}
    return dates.first_upper(
        supplier_texts.in_language(names.entitlements.get(change.key, {"en": change.key}))
    )


def side(held: Sequence[RightReach]) -> str:
    """Return how far a right or a tier reaches; empty where the person does not hold it."""
    return "; ".join(dates.first_upper(", ".join(_reach(one))) for one in held)


def _reach(held: RightReach) -> list[str]:
    sites = access.site_names(all_sites=held.all_sites, names=list(held.sites), in_sentence=held.takes_amount)
    if not held.takes_amount:
        return [sites]
    return [access.limit(held.limit.amount, held.limit.currency, held.limit.period), sites]
