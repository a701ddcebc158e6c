"""What is unusual about an access is found by comparison with the others of the review who hold the same tier."""

import datetime as dt
import operator
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from delegation.access.queries import AssignmentView
from delegation.authorization.values import amount_to_json

ABSENT_DAYS = 180
"""Without a sign-in for this long, an access is suggested to end."""
_PEERS = 3
"""Fewer others who hold the tier are no measure."""
_CROWD = 5
"""The only holder of a tier is unusual among at least so many people."""
SUGGESTED = {"absent": "end", "limit": "lower", "only_holder": "lower", "sites": "keep"}
"""What each finding suggests; more sites alone say that one should look."""
_ORDER = ("end", "lower", "keep")
_Limit = tuple[str, str, str, str]
"""Tier, entitlement, currency and period: amounts of different periods are not comparable."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Holds what is compared of one member."""

    membership: uuid.UUID
    assignments: Sequence[AssignmentView]
    seen_at: dt.datetime | None
    joined_at: dt.datetime


def find(
    people: Sequence[Compared], *, lowest: str | None, at: dt.datetime
) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Return the findings of each of these people as JSON: a code with numbers and ids.

    Holding the `lowest` tier alone is nothing unusual.
    """
    peers = _Peers(people, lowest)
    return {
        one.membership: [
            *_absence(one, at),
            *(found for row in one.assignments for found in peers.unlike(row)),
        ]
        for one in people
    }


def suggestion(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the strongest decision that these findings suggest."""
    suggested = {SUGGESTED[one["code"]] for one in found} | {"keep"}
    return next(one for one in _ORDER if one in suggested)


def is_unlike_peers(found: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether one of the findings compares with others."""
    return any(one["code"] != "absent" for one in found)


def _absence(one: Compared, at: dt.datetime) -> list[dict[str, Any]]:
    last = one.seen_at or one.joined_at
    days = (at - last).days
    return [{"code": "absent", "days": days, "ever": one.seen_at is not None}] if days >= ABSENT_DAYS else []


class _Peak:
    """Knows the highest number of members: the two highest, so that one member's own is left out."""

    def __init__(self) -> None:
        self._top: list[tuple[Any, uuid.UUID]] = []

    def add(self, member: uuid.UUID, number: Any) -> None:
        """Note a number of this member."""
        own = max([number, *(value for value, holder in self._top if holder == member)])
        others = [(value, holder) for value, holder in self._top if holder != member]
        self._top = sorted([*others, (own, member)], key=operator.itemgetter(0), reverse=True)[:2]

    def of_others(self, member: uuid.UUID) -> Any:
        """Return the highest number of the others; None for a member without others."""
        return next((value for value, holder in self._top if holder != member), None)


class _Tally:
    """Counts what is alike, all of it and by member: what is left without a member is that of the others."""

    def __init__(self) -> None:
        self.size = 0
        self._own: Counter[uuid.UUID] = Counter()
        self.peak = _Peak()

    def add(self, member: uuid.UUID, number: Any = None) -> None:
        """Count it for this member, with a number where it has one."""
        self.size += 1
        self._own[member] += 1
        if number is not None:
            self.peak.add(member, number)

    def others(self, member: uuid.UUID) -> int:
        """Return how many the others have."""
        return self.size - self._own[member]


class _Peers:
    """Groups the assignments once by tier, so that comparing takes the same for each, however many there are."""

    def __init__(self, people: Sequence[Compared], lowest: str | None) -> None:
        self._lowest = lowest
        self._people = len(people)
        self._tiers: dict[str, _Tally] = defaultdict(_Tally)
        self._all_sites: dict[str, _Tally] = defaultdict(_Tally)
        self._limits: dict[_Limit, _Tally] = defaultdict(_Tally)
        self._unlimited: dict[_Limit, _Tally] = defaultdict(_Tally)
        for row in (row for one in people for row in one.assignments):
            self._add(row)

    def _add(self, row: AssignmentView) -> None:
        self._tiers[row.role].add(row.membership, len(row.sites))
        if row.all_sites:
            self._all_sites[row.role].add(row.membership)
        for entitlement, limit in row.limits.items():
            key = (row.role, entitlement, limit.currency, limit.period)
            self._limits[key].add(row.membership, limit.amount)
            if limit.amount is None:
                self._unlimited[key].add(row.membership)

    def unlike(self, row: AssignmentView) -> list[dict[str, Any]]:
        """Return how this assignment differs from those of others with the same tier."""
        tier = self._tiers[row.role]
        if tier.others(row.membership) >= _PEERS:
            return [*self._higher_limits(row), *self._more_sites(row)]
        is_only = tier.size == 1 and self._people >= _CROWD
        is_usual = row.is_admin or row.role == self._lowest
        return [{"code": "only_holder", "role": row.role}] if is_only and not is_usual else []

    def _higher_limits(self, row: AssignmentView) -> list[dict[str, Any]]:
        """Compare with the highest amount of the others, of the same currency and period, if all of them have one."""
        found = []
        for entitlement, limit in sorted(row.limits.items()):
            key = (row.role, entitlement, limit.currency, limit.period)
            highest = self._limits[key].peak.of_others(row.membership)
            has_unlimited = self._unlimited[key].others(row.membership) > 0
            if highest is None or has_unlimited or not _exceeds(limit.amount, highest):
                continue
            amount = amount_to_json(highest)
            found.append(
                {"code": "limit", "entitlement": entitlement, "peers": amount, "currency": limit.currency}
            )
        return found

    def _more_sites(self, row: AssignmentView) -> list[dict[str, Any]]:
        if self._all_sites[row.role].others(row.membership):
            return []
        most = self._tiers[row.role].peak.of_others(row.membership)
        if not row.all_sites and len(row.sites) <= most:
            return []
        return [{"code": "sites", "sites": None if row.all_sites else len(row.sites), "peers": most}]


def _exceeds(amount: Decimal | None, other: Decimal) -> bool:
    return amount is None or amount > other
