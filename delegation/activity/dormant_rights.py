"""Tiers that people have and have not used for some days, as sign-ins show: counts, and a list of one customer.

A tier is dormant where its holder has not signed in since, and got the tier before. When a service was last used is not
counted: ended sign-ins to services are deleted, and the last sign-in of a person in an organization stays.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from audit.foundation import db
from audit.foundation.actor import Actor
from delegation.activity import meanings
from delegation.authorization import authorities
from delegation.authorization.models.assignments import Assignment
from identity.memberships import queries as memberships_queries

PAGE_SIZE = 50
LISTED = 15
"""The most customers that are counted by name."""
LONGEST = dt.timedelta(seconds=5)
"""No statement of a count runs longer."""
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ORDER = ("seen_at", "id")


class CustomerCount(NamedTuple):
    """Counts the dormant tiers of a customer."""

    key: str
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class DormantCounts:
    """Counts dormant tiers by key and by customer, those with most first; `held` counts all tiers, dormant or not."""

    held: Mapping[str, int]
    by_tier: Mapping[str, int]
    never: int
    """Those of people without any recorded sign-in."""
    by_customer: Sequence[CustomerCount]

    @property
    def number(self) -> int:
        """Return how many tiers are dormant."""
        return sum(self.by_tier.values())


@dataclass(frozen=True, slots=True)
class DormantTier:
    """Describes a tier that a person has and does not use."""

    assignment: uuid.UUID
    membership: uuid.UUID
    name: str
    tier: str
    since: dt.datetime
    seen_at: dt.datetime | None
    """The last sign-in in the organization; None where none is recorded."""


@dataclass(frozen=True, slots=True)
class DormantPage:
    """Holds dormant tiers, the longest unused first, and the ids that the next pages start from."""

    rows: Sequence[DormantTier]
    previous: uuid.UUID | None
    next: uuid.UUID | None


def count(*, actor: Actor, at: dt.datetime, days: int) -> DormantCounts:
    """Count the dormant tiers of all customers that the actor reads. Seven statements. Raises TooSlow."""
    reach = meanings.reach_of(actor=actor, at=at)
    with db.too_slow_after(longest=LONGEST):
        held = _held(at).filter(organization__in=reach.organizations.order_by().values("pk"))
        dormant = _dormant(held, at, days)
        by_customer = dormant.values_list("organization__key", "organization__name")
        number = Count("id")
        return DormantCounts(
            held=dict(held.values_list("role__key").annotate(number).order_by()),
            by_tier=dict(dormant.values_list("role__key").annotate(number).order_by()),
            never=dormant.filter(membership__last_sign_in=None).count(),
            by_customer=[
                CustomerCount(*row)
                for row in by_customer.annotate(number=number).order_by("-number", "organization__key")[
                    :LISTED
                ]
            ],
        )


def page(
    *,
    organization: uuid.UUID,
    at: dt.datetime,
    days: int,
    after: uuid.UUID | None = None,
    before: uuid.UUID | None = None,
) -> DormantPage:
    """Read dormant tiers of one customer. Two statements at most."""
    rows = _dormant(_held(at).filter(organization=organization), at, days)
    rows = rows.select_related("role", "membership__user", "membership__last_sign_in").annotate(
        seen_at=Coalesce("membership__last_sign_in__at", Value(_LONG_AGO))
    )
    found = db.keyset(rows=[rows], order=_ORDER, after=after, before=before, size=PAGE_SIZE)
    return DormantPage([_tier(row) for row in found.rows], found.previous, found.next)


def _held(at: dt.datetime) -> QuerySet[Assignment]:
    """Filter the assignments in force of active people."""
    return authorities.in_force(at).filter(membership__in=memberships_queries.active(at=at))


def _dormant(held: QuerySet[Assignment], at: dt.datetime, days: int) -> QuerySet[Assignment]:
    limit = at - dt.timedelta(days=days)
    unused = Q(membership__last_sign_in=None) | Q(membership__last_sign_in__at__lte=limit)
    return held.filter(unused, valid_from__lte=limit)


def _tier(row: Assignment) -> DormantTier:
    signed_in = getattr(row.membership, "last_sign_in", None)
    return DormantTier(
        assignment=row.id,
        membership=row.membership_id,
        name=row.membership.shown_name,
        tier=row.role.key,
        since=row.valid_from,
        seen_at=signed_in.at if signed_in else None,
    )
