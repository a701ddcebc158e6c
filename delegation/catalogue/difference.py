"""The difference of two catalogues names each change of each role, and whether it gives or takes something."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from delegation.authorization.values import amount_to_json
from delegation.catalogue.catalog_file import CEILING
from delegation.catalogue.defaults import (
    Catalogue,
    CeilingTemplateSpec,
    ConflictSpec,
    EntitlementSpec,
    RoleSpec,
    Text,
)
from delegation.catalogue.stored_catalogue import StoredCatalogue


class Part(StrEnum):
    """Names what of a role differs."""

    ENTITLEMENT = "entitlement"
    VERB = "verb"
    ASSIGNABLE_ROLE = "assignable_role"
    ASSIGNABLE_AMOUNT = "assignable_amount"
    """Up to which amount the holder may assign an entitlement."""
    ASSIGNABLE_DAYS = "assignable_days"
    TAKES_AMOUNT = "takes_amount"
    """An entitlement of the role takes an amount: without a limit of their own, its holders have 0."""
    WORKING_ADMIN = "working_admin"
    SECOND_FACTOR = "second_factor"
    TEXTS = "texts"


class Direction(StrEnum):
    """Says what a change does to the people who hold the role."""

    GAIN = "gain"
    LOSS = "loss"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Change:
    """Describes one change of a role. `before` and `after` are empty where the role has no such part.

    An amount is a decimal string or `ceiling`, a number of days a whole number.
    """

    part: Part
    key: str
    """The entitlement, verb or role; empty for a setting of the role itself."""
    direction: Direction
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class RoleChange:
    """Lists the changes of one role. `number` is the present version, None for a new role."""

    key: str
    name: Text
    number: int | None
    changes: Sequence[Change]

    @property
    def next_number(self) -> int:
        """Return the number of the next version; the present one where only texts differ."""
        only_texts = all(change.part in (Part.TEXTS, Part.TAKES_AMOUNT) for change in self.changes)
        return (self.number or 0) + (0 if only_texts and self.number else 1)


@dataclass(frozen=True, slots=True)
class ConflictChange:
    """Describes one change of a conflict; `before` and `after` say how it is enforced, and are empty without it."""

    key: str
    text: Text
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CatalogueDifference:
    """Holds what a file changes, what it leaves out, and what the file does not name."""

    roles: Sequence[RoleChange]
    new_units: Mapping[str, str]
    changed_brands: Sequence[str]
    """Keys of business units."""
    changed_icons: Sequence[str]
    """Keys of applications."""
    new_entitlements: Sequence[str]
    changed_entitlements: Sequence[str]
    """Those whose text or settings differ."""
    changed_templates: Sequence[str]
    """Templates of ceilings that are new or differ; no organization's ceiling follows them."""
    conflicts: Sequence[ConflictChange]
    """Conflicts that begin, end or differ; access that people have stays."""
    unregistered: Sequence[str]
    reordered: bool
    """Whether lists have another order."""
    not_in_file: Sequence[str]
    """Roles, entitlements and conflicts of the present catalogue that stay as they are."""
    names: Catalogue
    """The catalogue after the change, for the texts of its entitlements and roles."""

    @property
    def is_empty(self) -> bool:
        """Answer whether applying the file changes nothing."""
        return not any(
            (
                self.roles,
                self.new_units,
                self.changed_brands,
                self.changed_icons,
                self.new_entitlements,
                self.changed_entitlements,
                self.changed_templates,
                self.conflicts,
                self.reordered,
            )
        )

    @property
    def changed_roles(self) -> list[str]:
        """Return the keys of the roles whose holders' rights may differ."""
        return [role.key for role in self.roles if any(one.part is not Part.TEXTS for one in role.changes)]

    @property
    def roles_to_update(self) -> list[str]:
        """Return the roles whose holders other systems get again; another order changes what they list."""
        if self.reordered:
            return [role.key for role in self.names.roles]
        return self.changed_roles


def of_file(stored: StoredCatalogue, file: Catalogue) -> CatalogueDifference:
    """Compare the catalogue in force with the one that this file leads to."""
    before, after = stored.catalogue, stored.with_file(file)
    own = {spec.key: spec for spec in before.entitlements}
    in_file = _keys_of(file)
    numbers = {key: version.number for key, version in stored.versions.items()}
    return CatalogueDifference(
        roles=list(_role_changes(before, after, numbers)),
        new_units={key: name for key, name in after.units.items() if key not in before.units},
        changed_brands=_differing(before.brands, after.brands),
        changed_icons=_differing(before.icons, after.icons),
        new_entitlements=[spec.key for spec in after.entitlements if spec.key not in own],
        changed_entitlements=[spec.key for spec in after.entitlements if own.get(spec.key, spec) != spec],
        changed_templates=_changed_templates(before, after),
        conflicts=list(_conflict_changes(before, after)),
        unregistered=stored.unregistered(file),
        reordered=_reordered([role.key for role in before.roles], [role.key for role in file.roles])
        or _reordered(list(own), [spec.key for spec in file.entitlements]),
        not_in_file=[key for key in _keys_of(before) if key not in in_file],
        names=after,
    )


def _changed_templates(before: Catalogue, after: Catalogue) -> list[str]:
    own = {spec.key: _parts(spec) for spec in before.ceiling_templates}
    return [spec.key for spec in after.ceiling_templates if own.get(spec.key) != _parts(spec)]


def _keys_of(catalogue: Catalogue) -> list[str]:
    return [
        *(role.key for role in catalogue.roles),
        *(spec.key for spec in catalogue.entitlements),
        *(spec.key for spec in catalogue.conflicts),
    ]


def _conflict_changes(before: Catalogue, after: Catalogue) -> Iterator[ConflictChange]:
    was, now = ({spec.key: spec for spec in catalogue.conflicts} for catalogue in (before, after))
    for key, spec in {**was, **now}.items():
        if _rules(was.get(key)) != _rules(now.get(key)):
            one, other = (own[key].enforcement if key in own else "" for own in (was, now))
            yield ConflictChange(key, spec.text, one, other)


def _rules(spec: ConflictSpec | None) -> object:
    return spec and (dict(spec.text), spec.enforcement)


def _parts(spec: CeilingTemplateSpec) -> object:
    return dict(spec.name), dict(spec.offer), sorted(spec.units)


def _reordered(before: Sequence[str], file: Sequence[str]) -> bool:
    return [key for key in before if key in file] != [key for key in file if key in before]


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def _role_changes(before: Catalogue, after: Catalogue, numbers: Mapping[str, int]) -> Iterator[RoleChange]:
    own = {role.key: role for role in before.roles}
    was = {spec.key: spec for spec in before.entitlements}
    now = {spec.key: spec for spec in after.entitlements}
    for role in after.roles:
        earlier = own.get(role.key)
        changes = [
            *_changes(earlier or RoleSpec(role.key, {}, {}), role),
            *(_amount_settings(earlier, role, was, now) if earlier else ()),
            *([_texts(role)] if earlier and _text_of(earlier) != _text_of(role) else ()),
        ]
        if changes or earlier is None:
            yield RoleChange(role.key, role.name, numbers.get(role.key), changes)


def _text_of(role: RoleSpec) -> tuple[dict[str, str], dict[str, str]]:
    return dict(role.name), dict(role.description)


def _texts(role: RoleSpec) -> Change:
    return Change(Part.TEXTS, role.key, Direction.NEITHER)


def _changes(before: RoleSpec, after: RoleSpec) -> Iterator[Change]:
    yield from _keys(Part.ENTITLEMENT, before.entitlements, after.entitlements)
    yield from _keys(Part.VERB, [verb.value for verb in before.verbs], [verb.value for verb in after.verbs])
    yield from _keys(Part.ASSIGNABLE_ROLE, before.assignable_roles, after.assignable_roles)
    yield from _amounts(before.assignable_amounts, after.assignable_amounts)
    if before.max_assignment_days != after.max_assignment_days:
        assigns = bool(before.assignable_roles or after.assignable_roles)
        longer = (before.max_assignment_days or 10**6) < (after.max_assignment_days or 10**6)
        days = [str(one or "") for one in (before.max_assignment_days, after.max_assignment_days)]
        direction = (Direction.GAIN if longer else Direction.LOSS) if assigns else Direction.NEITHER
        yield Change(Part.ASSIGNABLE_DAYS, "", direction, *days)
    if before.is_admin != after.is_admin:
        yield _switch(
            Part.WORKING_ADMIN, Direction.GAIN if after.is_admin else Direction.LOSS, after.is_admin
        )
    if before.mfa != after.mfa:
        yield _switch(Part.SECOND_FACTOR, Direction.NEITHER, after.mfa)


def _switch(part: Part, direction: Direction, now: bool) -> Change:  # noqa: FBT001 - a value, no option
    return Change(part, "", direction, "" if now else "yes", "yes" if now else "")


def _keys(part: Part, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    yield from (Change(part, key, Direction.LOSS, "yes") for key in before if key not in after)
    yield from (Change(part, key, Direction.GAIN, "", "yes") for key in after if key not in before)


def _amounts(before: Mapping[str, Decimal | None], after: Mapping[str, Decimal | None]) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        was, now = amount_rank(before, key), amount_rank(after, key)
        if was != now:
            direction = Direction.GAIN if now > was else Direction.LOSS
            yield Change(Part.ASSIGNABLE_AMOUNT, key, direction, _amount(before, key), _amount(after, key))


def amount_rank(amounts: Mapping[str, Decimal | None], key: str) -> Decimal:
    """Return a number by which assignable amounts compare: none below 0, up to the ceiling above all."""
    if key not in amounts:
        return Decimal(-1)
    amount = amounts[key]
    return Decimal("Infinity") if amount is None else amount


def _amount(amounts: Mapping[str, Decimal | None], key: str) -> str:
    return (amount_to_json(amounts[key]) or CEILING) if key in amounts else ""


def _amount_settings(
    before: RoleSpec,
    after: RoleSpec,
    was: Mapping[str, EntitlementSpec],
    now: Mapping[str, EntitlementSpec],
) -> Iterator[Change]:
    for key in after.entitlements:
        if key in before.entitlements and was[key].takes_amount != now[key].takes_amount:
            takes = now[key].takes_amount
            yield Change(
                Part.TAKES_AMOUNT,
                key,
                Direction.LOSS if takes else Direction.GAIN,
                "" if takes else "yes",
                "yes" if takes else "",
            )
