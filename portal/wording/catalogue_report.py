"""The management command prints the difference that the staff's page shows, in lines of text."""

from collections.abc import Iterator, Sequence

from delegation.catalogue.affected_people import AffectedPeople, PeopleCount
from delegation.catalogue.difference import CatalogueDifference, Change, Direction, Part, RoleChange
from portal.wording import catalogue_changes

_SIGNS = {Direction.LOSS: "-", Direction.GAIN: "+", Direction.NEITHER: "~"}


def lines(difference: CatalogueDifference, affected: AffectedPeople) -> Iterator[str]:
    """Return what the file changes, then who loses and gains, the organizations with most losses first."""
    yield from _lists(difference)
    for role in difference.roles:
        yield _heading(role)
        for change in role.changes:
            yield f"  {_SIGNS[change.direction]} {_change(role, change, difference, affected)}"
    if difference.is_empty:
        yield "The file changes nothing."
    yield from _people(affected)
    if difference.not_in_file:
        yield f"Not in the file, and unchanged: {', '.join(difference.not_in_file)}."


def _lists(difference: CatalogueDifference) -> Iterator[str]:
    named: Sequence[tuple[str, Sequence[str]]] = (
        ("Business units added", list(difference.new_units)),
        ("Brands changed", difference.changed_brands),
        ("Icons changed", difference.changed_icons),
        ("Entitlements added", difference.new_entitlements),
        ("Entitlements with other texts or settings", difference.changed_entitlements),
        ("Templates of ceilings added or changed", difference.changed_templates),
        ("Conflicts of duties", [catalogue_changes.conflict(one) for one in difference.conflicts]),
        ("Left out, because their services are not registered", difference.unregistered),
    )
    yield from (f"{title}: {', '.join(keys)}." for title, keys in named if keys)
    if difference.reordered:
        yield "Lists have another order."


def _heading(role: RoleChange) -> str:
    if role.number is None:
        return f"{role.key}: new"
    if role.next_number == role.number:
        return f"{role.key}: version {role.number} stays"
    return f"{role.key}: version {role.number} ends, version {role.next_number} begins"


def _change(
    role: RoleChange, change: Change, difference: CatalogueDifference, affected: AffectedPeople
) -> str:
    texts = catalogue_changes.texts_of(change, difference.names)
    both = f"{texts.before} → {texts.after}" if texts.before and texts.after else texts.before or texts.after
    if change.part is Part.TEXTS:
        return both
    return f"{both} ({catalogue_changes.effect(change, affected.by_change[role.key, change])})"


def _people(affected: AffectedPeople) -> Iterator[str]:
    total = affected.total
    if not affected.by_role:
        yield "No person has one of the changed tiers."
        return
    lost_in = catalogue_changes.organizations(affected.organizations_with_losses)
    gained_in = catalogue_changes.organizations(affected.organizations_with_gains)
    yield f"Would lose something: {catalogue_changes.people(total.lose)} {lost_in}."
    yield f"Would gain something: {catalogue_changes.people(total.gain)} {gained_in}."
    for row in affected.listed:
        yield f"  {row.name}: {_numbers(row)}"
    if affected.more_organizations:
        yield f"  and {affected.more_organizations} more organizations: {_numbers(affected.more)}"


def _numbers(row: PeopleCount) -> str:
    return f"{row.lose} lose, {row.gain} gain"
