"""The people who lose or gain something by a change of the catalogue are counted before it happens.

The database counts people by organization and by the roles that they hold; what a set of roles loses is computed once.
"""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from delegation.catalogue import difference
from delegation.catalogue.catalog_file import CEILING
from delegation.catalogue.defaults import Catalogue, RoleSpec
from delegation.catalogue.difference import CatalogueDifference, Change, Direction, Part

LISTED = 20
"""The most organizations that are listed by name."""
_COVERS = "*"
"""Marks a role held for all sites and without end: what it gives, another role cannot take."""
# Assignments that begin later count too: they lose the same. Assignments of people who were removed have ended.
_HOLDERS = f"""
SELECT held.organization_id, o.name, held.roles, held.number, offer.entitlements FROM (
    SELECT organization_id, roles, count(*) AS number FROM (
    SELECT a.organization_id, a.membership_id,
           array_agg(DISTINCT r.key || CASE WHEN a.all_sites AND a.valid_until IS NULL THEN '{_COVERS}' ELSE '' END)
               AS roles
    FROM delegation_assignment a JOIN delegation_role r ON r.id = a.role_id
    WHERE not_ended(a.valid_until, %(at)s) AND a.membership_id IN (
        SELECT c.membership_id FROM delegation_assignment c JOIN delegation_role k ON k.id = c.role_id
        WHERE k.key = ANY(%(roles)s) AND not_ended(c.valid_until, %(at)s))
    GROUP BY a.organization_id, a.membership_id
    ) holder GROUP BY organization_id, roles
) held JOIN identity_published_organization o ON o.id = held.organization_id
LEFT JOIN (
    SELECT c.organization_id, array_agg(e.key ORDER BY e.key) AS entitlements
    FROM delegation_ceiling c JOIN delegation_entitlement e ON e.id = c.entitlement_id
    WHERE e.key = ANY(%(entitlements)s) AND in_force(c.valid_from, c.valid_until, %(at)s)
    GROUP BY c.organization_id
) offer ON offer.organization_id = held.organization_id
"""  # noqa: S608 - a constant of this module
_OF_ENTITLEMENTS = (Part.ENTITLEMENT, Part.ASSIGNABLE_AMOUNT, Part.TAKES_AMOUNT)
RoleAndChange = tuple[str, Change]


@dataclass(slots=True)
class PeopleCount:
    """Counts people who lose something, who gain something, and who see any change."""

    lose: int = 0
    gain: int = 0
    touched: int = 0


@dataclass(slots=True, kw_only=True)
class AffectedOrganization(PeopleCount):
    """Counts an organization's people. `losses` and `gains` say what, each once."""

    id: uuid.UUID
    name: str = ""
    losses: list[RoleAndChange] = field(default_factory=list)
    gains: list[RoleAndChange] = field(default_factory=list)


@dataclass(slots=True)
class AffectedPeople:
    """Holds the people affected by a change, over all organizations; those with most losses are listed first."""

    total: PeopleCount
    holders: int
    """The people with one of the changed roles."""
    organizations_with_losses: int
    organizations_with_gains: int
    listed: Sequence[AffectedOrganization]
    more: PeopleCount
    """The people of the organizations that are not listed…"""
    more_organizations: int
    """…and the number of these."""
    by_change: Mapping[RoleAndChange, int]
    by_role: Mapping[str, int]
    """The people who hold each changed role."""


def count(*, changes: CatalogueDifference, before: Catalogue, at: dt.datetime) -> AffectedPeople:
    """Count the people affected by these changes from `before`. One statement, none without a changed role."""
    counting = Counting(changes, before)
    roles = changes.changed_roles
    if roles:
        keys = {one.key for role in changes.roles for one in role.changes if one.part in _OF_ENTITLEMENTS}
        for organization, name, held, number, offered in _rows(
            _HOLDERS, roles=roles, entitlements=sorted(keys), at=at
        ):
            counting.add(organization, held, frozenset(offered or ()), number, name=name)
    return counting.result()


def _rows(sql: str, **params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


class Counting:
    """Adds up the people of all organizations."""

    def __init__(self, changes: CatalogueDifference, before: Catalogue) -> None:
        self._changes = {role.key: role.changes for role in changes.roles}
        self._before = {role.key: role for role in before.roles}
        self._after = {role.key: role for role in changes.names.roles}
        specs = (*before.entitlements, *changes.names.entitlements)
        self._with_amount = {spec.key for spec in specs if spec.takes_amount}
        self._known: dict[tuple[tuple[str, ...], frozenset[str]], list[RoleAndChange]] = {}
        self._organizations: dict[uuid.UUID, AffectedOrganization] = {}
        self._by_change: Counter[RoleAndChange] = Counter()
        self._by_role: Counter[str] = Counter()
        self._holders = 0

    def add(
        self,
        organization: uuid.UUID,
        held: Sequence[str],
        offered: frozenset[str],
        number: int,
        *,
        name: str = "",
    ) -> None:
        """Add this number of people of the organization, who hold these roles."""
        key = (tuple(held), offered)
        if key not in self._known:
            self._known[key] = self._changes_for(held, offered)
        own = self._known[key]
        self._holders += number
        for role in {name.rstrip(_COVERS) for name in held} & self._changes.keys():
            self._by_role[role] += number
        for one in own:
            self._by_change[one] += number
        row = self._organizations.setdefault(organization, AffectedOrganization(id=organization, name=name))
        losses, gains = _with(own, Direction.LOSS), _with(own, Direction.GAIN)
        row.lose, row.gain = row.lose + number * bool(losses), row.gain + number * bool(gains)
        row.touched += number * bool(own)
        row.losses.extend(one for one in losses if one not in row.losses)
        row.gains.extend(one for one in gains if one not in row.gains)

    def _changes_for(self, held: Sequence[str], offered: frozenset[str]) -> list[RoleAndChange]:
        covering = [name.rstrip(_COVERS) for name in held if name.endswith(_COVERS)]
        return [
            (role, change)
            for role in sorted({name.rstrip(_COVERS) for name in held})
            for change in self._changes.get(role, ())
            if change.part is not Part.TEXTS
            and (change.part not in _OF_ENTITLEMENTS or change.key in offered)
            and not self._is_covered(change, [other for other in covering if other != role])
        ]

    def _is_covered(self, change: Change, others: Iterable[str]) -> bool:
        """Answer whether another role gives the same, for all sites and without end, at the other time."""
        if change.direction is Direction.NEITHER:
            return False
        specs = self._after if change.direction is Direction.LOSS else self._before
        return any(_gives(specs[other], change, self._with_amount) for other in others if other in specs)

    @property
    def lose_by_organization(self) -> dict[uuid.UUID, int]:
        """Return the number of people who lose something, for each organization."""
        return {row.id: row.lose for row in self._organizations.values()}

    def result(self) -> AffectedPeople:
        """Return the sums."""
        rows = [row for row in self._organizations.values() if row.touched]
        rows.sort(key=lambda row: (-row.lose, -row.gain, -row.touched, row.id))
        listed, others = rows[:LISTED], rows[LISTED:]
        return AffectedPeople(
            total=_sum(rows),
            holders=self._holders,
            organizations_with_losses=sum(row.lose > 0 for row in rows),
            organizations_with_gains=sum(row.gain > 0 for row in rows),
            listed=listed,
            more=_sum(others),
            more_organizations=len(others),
            by_change=defaultdict(int, self._by_change),
            by_role=defaultdict(int, self._by_role),
        )


def _with(changes: Iterable[RoleAndChange], direction: Direction) -> list[RoleAndChange]:
    return [one for one in changes if one[1].direction is direction]


def _sum(rows: Iterable[PeopleCount]) -> PeopleCount:
    total = PeopleCount()
    for row in rows:
        total.lose, total.gain = total.lose + row.lose, total.gain + row.gain
        total.touched += row.touched
    return total


def _gives(role: RoleSpec, change: Change, with_amount: Collection[str]) -> bool:
    """Answer whether this role alone gives what the change takes or gives.

    People's amounts differ by role, so that no other role is taken for the same where an entitlement takes an amount.
    """
    if change.part is Part.ENTITLEMENT:
        return change.key in role.entitlements and change.key not in with_amount
    if change.part is Part.VERB:
        return change.key in [verb.value for verb in role.verbs]
    if change.part is Part.ASSIGNABLE_ROLE:
        return change.key in role.assignable_roles
    if change.part is Part.ASSIGNABLE_AMOUNT:
        amount = change.before if change.direction is Direction.LOSS else change.after
        most = Decimal("Infinity") if amount == CEILING else Decimal(amount)
        return difference.amount_rank(role.assignable_amounts, change.key) >= most
    return change.part is Part.WORKING_ADMIN and role.is_admin
