"""A difference is shown as numbers of people, changes of tiers, and customers with most losses first."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.catalogue.affected_people import AffectedOrganization, AffectedPeople, RoleAndChange
from delegation.catalogue.checked_file import CheckedFile
from delegation.catalogue.defaults import Catalogue
from delegation.catalogue.difference import CatalogueDifference, Change, Direction, Part, RoleChange
from portal.wording import catalogue_changes, cldr, dates, supplier_texts

_MOST_TEXTS = 4


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Describes one change of a tier; `tier` is empty where it is that of the row above."""

    tier: str
    version: str
    before: str
    after: str
    people: str
    is_loss: bool


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """Describes the people of one customer."""

    name: str
    what: str
    lose: str
    gain: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """Names other things that a file adds, changes or leaves alone."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """Holds the texts of a difference; `digest` names what was seen."""

    digest: str
    lose: str
    lose_in: str
    gain: str
    gain_in: str
    others: str
    others_of: str
    any_loss: bool
    changes: Sequence[ChangeRow]
    lists: Sequence[ListRow]
    organizations: Sequence[OrganizationRow]
    more: OrganizationRow | None


def view_of(checked: CheckedFile) -> DifferenceView:
    """Return the difference in the active language."""
    affected, total = checked.affected, checked.affected.total
    return DifferenceView(
        digest=checked.digest,
        lose=catalogue_changes.people(total.lose),
        lose_in=catalogue_changes.organizations(affected.organizations_with_losses),
        gain=catalogue_changes.people(total.gain),
        gain_in=catalogue_changes.organizations(affected.organizations_with_gains),
        others=catalogue_changes.people(affected.holders - total.touched),
        others_of=_("of %(number)s with these tiers") % {"number": cldr.number(affected.holders)},
        any_loss=total.lose > 0,
        changes=[row for role in checked.difference.roles for row in _rows(role, checked)],
        lists=_lists(checked.difference),
        organizations=[_organization(row, checked.difference.names) for row in affected.listed],
        more=_more(affected) if affected.more_organizations else None,
    )


def _rows(role: RoleChange, checked: CheckedFile) -> list[ChangeRow]:
    name, version = supplier_texts.in_language(role.name), _version(role)
    if role.number is None:
        return [ChangeRow(name, version, "", _new_tier(role, checked.difference.names), "–", is_loss=False)]
    rows = [_row(role, change, checked) for change in role.changes]
    first = rows[0]
    return [
        ChangeRow(name, version, first.before, first.after, first.people, is_loss=first.is_loss),
        *rows[1:],
    ]


def _new_tier(role: RoleChange, names: Catalogue) -> str:
    """Return what the future holders of a tier can do: no person has it yet, so there is nothing to compare."""
    parts: dict[Part, list[Change]] = {}
    for change in role.changes:
        parts.setdefault(change.part, []).append(change)
    own = [*parts.get(Part.ENTITLEMENT, ()), *parts.get(Part.VERB, ())]
    can = [catalogue_changes.texts_of(change, names).after for change in own]
    if tiers := [catalogue_changes.role(change.key, names) for change in parts.get(Part.ASSIGNABLE_ROLE, ())]:
        can.append(_("assign the tiers %(tiers)s") % {"tiers": cldr.joined(tiers)})
    return dates.first_upper(cldr.joined(can)) if can else _("Nothing yet")


def _version(role: RoleChange) -> str:
    if role.number is None:
        return _("New")
    if role.next_number == role.number:
        return _("Version %(number)s stays") % {"number": cldr.number(role.number)}
    numbers = {"before": cldr.number(role.number), "after": cldr.number(role.next_number)}
    return _("Version %(before)s becomes %(after)s") % numbers


def _row(role: RoleChange, change: Change, checked: CheckedFile) -> ChangeRow:
    texts = catalogue_changes.texts_of(change, checked.difference.names)
    number = checked.affected.by_change[role.key, change]
    return ChangeRow(
        tier="",
        version="",
        before=dates.first_upper(texts.before),
        after=dates.first_upper(texts.after),
        people="–" if change.part is Part.TEXTS else catalogue_changes.effect(change, number),
        is_loss=change.direction is Direction.LOSS and number > 0,
    )


def _organization(row: AffectedOrganization, names: Catalogue) -> OrganizationRow:
    return OrganizationRow(
        name=row.name,
        what=_what(row.losses, names) or _what(row.gains, names),
        lose=_lose(row.lose),
        gain=_gain(row.gain),
    )


def _what(changes: Sequence[RoleAndChange], names: Catalogue) -> str:
    texts = dict.fromkeys(catalogue_changes.brief(change, names) for _role, change in changes)
    return dates.first_upper(dates.name_list(list(texts), most=_MOST_TEXTS)) if texts else ""


def _lose(number: int) -> str:
    return ngettext("%(number)s loses", "%(number)s lose", number) % {"number": cldr.number(number)}


def _gain(number: int) -> str:
    return ngettext("%(number)s gains", "%(number)s gain", number) % {"number": cldr.number(number)}


def _more(affected: AffectedPeople) -> OrganizationRow:
    number = affected.more_organizations
    text = ngettext("%(number)s more organization", "%(number)s more organizations", number)
    return OrganizationRow(
        text % {"number": cldr.number(number)}, "", _lose(affected.more.lose), _gain(affected.more.gain)
    )


def services(entitlements: Sequence[str]) -> list[str]:
    """Return the keys of the services of these entitlements, each once."""
    return sorted({key.partition(":")[0] for key in entitlements})


def _lists(difference: CatalogueDifference) -> list[ListRow]:
    names = difference.names
    tiers = {role.key for role in names.roles}
    conflicts = {spec.key: supplier_texts.in_language(spec.text) for spec in names.conflicts}

    def texts(keys: Sequence[str]) -> list[str]:
        word = catalogue_changes
        found = (key for key in keys if key not in conflicts)
        named = [word.role(key, names) if key in tiers else word.entitlement(key, names) for key in found]
        return named + [conflicts[key] for key in keys if key in conflicts]

    rows = [
        (_("New business units"), list(difference.new_units.values())),
        (_("Business units with another brand"), difference.changed_brands),
        (_("Services with another icon"), difference.changed_icons),
        (_("New in services"), texts(difference.new_entitlements)),
        (_("Other texts or settings"), texts(difference.changed_entitlements)),
        (_("Lists in another order"), [_("as in the file")] if difference.reordered else []),
        (_("Templates of ceilings, new or changed"), difference.changed_templates),
        (_("Duties to keep apart"), [catalogue_changes.conflict(one) for one in difference.conflicts]),
        (_("Left out until these services are registered"), services(difference.unregistered)),
        (_("Not in the file, and unchanged"), texts(difference.not_in_file)),
    ]
    return [ListRow(label, cldr.joined(list(found))) for label, found in rows if found]
