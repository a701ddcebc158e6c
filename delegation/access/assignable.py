"""What an actor may give in an organization: for drawing choices. `rules.within_authority` decides."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from audit.foundation.actor import Actor
from audit.foundation.intervals import InForce
from delegation.access.queries import SiteName, Text
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.verbs import Verb
from identity.organizations.models import Site


@dataclass(frozen=True, slots=True)
class TierOption:
    """A role to choose. `amounts` are the entitlements that need a limit here; `most` what this actor may give."""

    key: str
    name: Text
    description: Text
    assignable: bool
    verbs: frozenset[str] = frozenset()
    """What it lets its holder do to colleagues."""
    gives: frozenset[str] = frozenset()
    """Keys of the tiers its holder may give."""
    amounts: Sequence[str] = ()
    most: Decimal | None = None
    by_ceiling: bool = False
    """Whether `most` is what was agreed for the organization, not the actor's own."""
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class AssignableOptions:
    """All of it, and where: `everywhere` where the actor may give all sites."""

    tiers: Sequence[TierOption]
    sites: Sequence[SiteName]
    everywhere: bool
    own: frozenset[uuid.UUID] = frozenset()
    """The sites this actor may give."""

    def tier(self, key: str) -> TierOption | None:
        """The tier of that key."""
        return next((tier for tier in self.tiers if tier.key == key), None)


class _Line(NamedTuple):
    """One entitlement of a role's version, and what is offered of it here."""

    entitlement: uuid.UUID
    key: str
    takes_amount: bool
    allowed: bool
    assignable: bool
    max_assignable_amount: Decimal | None
    offered: bool
    ceiling: Decimal | None
    currency: str


@dataclass(slots=True)
class _Book:
    """What has been read: versions of roles, and what each holds."""

    versions: Sequence[RoleVersion]
    lines: Mapping[uuid.UUID, Sequence[_Line]]


_LINES = """
SELECT l.version_id, e.id, e.key, e.takes_amount, l.allowed, l.assignable, l.max_assignable_amount,
       c.id IS NOT NULL, c.amount, coalesce(c.currency, '')
FROM delegation_roleentitlement l
JOIN delegation_entitlement e ON e.id = l.entitlement_id
LEFT JOIN delegation_ceiling c ON c.entitlement_id = e.id AND c.organization_id = %(organization)s
 AND in_force(c.valid_from, c.valid_until, %(at)s)
WHERE l.version_id = ANY(%(versions)s)
ORDER BY e.rank, e.key
"""


def assignable_options(
    *, actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime
) -> AssignableOptions:
    """What this actor may give by `verb`. Four statements."""
    held = authorities.authorities_of(actor=actor, at=at, organization=organization)
    mine = [power for power in held if verb.value in power.verbs]
    book = _read(organization, at)
    everywhere = any(power.all_sites for power in mine)
    sites = Site.objects.filter(organization=organization).order_by("sort_key", "id")
    places = [SiteName(one, name) for one, name in sites.values_list("id", "name")]
    own = {place.id for place in places} if everywhere else set().union(*(power.sites for power in mine))
    tiers = [_tier(version, mine, book) for version in book.versions]
    return AssignableOptions(tiers, places, everywhere, frozenset(own))


def _read(organization: uuid.UUID, at: dt.datetime) -> _Book:
    rows = RoleVersion.objects.filter(InForce(at))
    current = list(rows.select_related("role").order_by("role__rank", "role__key"))
    lines: dict[uuid.UUID, list[_Line]] = defaultdict(list)
    asked: dict[str, Any] = {
        "organization": organization,
        "at": at,
        "versions": [version.id for version in current],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES, asked)
        for version, *columns in cursor.fetchall():
            lines[version].append(_Line(*columns))
    return _Book(current, lines)


def _tier(version: RoleVersion, mine: Sequence[Authority], book: _Book) -> TierOption:
    limited = [
        line for line in book.lines.get(version.id, ()) if line.allowed and line.takes_amount and line.offered
    ]
    agreed = min((line.ceiling for line in limited if line.ceiling is not None), default=None)
    givers = [power for power in mine if version.role.key in power.gives]
    own = _own(givers, limited, book)
    return TierOption(
        key=version.role.key,
        name=version.role.name,
        description=version.role.description,
        assignable=bool(givers),
        verbs=frozenset(version.verbs),
        gives=frozenset(version.gives),
        amounts=[line.key for line in limited],
        most=min((value for value in (agreed, own) if value is not None), default=None),
        by_ceiling=own is None or (agreed is not None and agreed < own),
        currency=next((line.currency for line in limited if line.currency), "EUR"),
    )


def _own(givers: Sequence[Authority], limited: Sequence[_Line], book: _Book) -> Decimal | None:
    """The highest amount that one of these powers may give for all of these entitlements; None: no limit of its own."""
    best: list[Decimal] = []
    for power in givers:
        gives = {line.entitlement: line for line in book.lines.get(power.version, ()) if line.assignable}
        caps = [_cap(gives.get(line.entitlement)) for line in limited]
        known = [cap for cap in caps if cap is not None]
        if not known:
            return None
        best.append(min(known))
    return max(best, default=None)


def _cap(line: _Line | None) -> Decimal | None:
    return Decimal(0) if line is None else line.max_assignable_amount
