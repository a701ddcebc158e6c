"""What is unusual about an access is found by comparison with the others of the review who hold the same tier."""

import datetime as dt
import uuid
from collections import Counter
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


class _Peers:
    """Knows the holders of each tier."""

    def __init__(self, people: Sequence[Compared], lowest: str | None) -> None:
        self._lowest = lowest
        self._people = len(people)
        self._rows = [row for one in people for row in one.assignments]
        self._holders = Counter(row.role for row in self._rows)

    def unlike(self, row: AssignmentView) -> list[dict[str, Any]]:
        """Return how this assignment differs from those of others with the same tier."""
        others = [one for one in self._rows if one.role == row.role and one.membership != row.membership]
        if len(others) >= _PEERS:
            return [*_higher_limits(row, others), *_more_sites(row, others)]
        is_only = self._holders[row.role] == 1 and self._people >= _CROWD
        is_usual = row.is_admin or row.role == self._lowest
        return [{"code": "only_holder", "role": row.role}] if is_only and not is_usual else []


def _higher_limits(row: AssignmentView, others: Sequence[AssignmentView]) -> list[dict[str, Any]]:
    found = []
    for key, limit in sorted(row.limits.items()):
        peers = [
            one.limits[key]
            for one in others
            if key in one.limits and one.limits[key].currency == limit.currency
        ]
        amounts = [one.amount for one in peers if one.amount is not None]
        if not amounts or len(amounts) < len(peers) or not _exceeds(limit.amount, max(amounts)):
            continue
        highest = amount_to_json(max(amounts))
        found.append({"code": "limit", "entitlement": key, "peers": highest, "currency": limit.currency})
    return found


def _exceeds(amount: Decimal | None, other: Decimal) -> bool:
    return amount is None or amount > other


def _more_sites(row: AssignmentView, others: Sequence[AssignmentView]) -> list[dict[str, Any]]:
    if any(one.all_sites for one in others):
        return []
    most = max(len(one.sites) for one in others)
    if not row.all_sites and len(row.sites) <= most:
        return []
    return [{"code": "sites", "sites": None if row.all_sites else len(row.sites), "peers": most}]
