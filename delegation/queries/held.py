"""What colleagues hold, in the words of roles and sites rather than of entitlements. Five statements for any number."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from delegation import powers
from delegation.models import Assignment, AssignmentLimit, AssignmentSite, RoleVersion
from delegation.wanted import Access, Limit

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A site by its name."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One assignment with what explains it."""

    id: uuid.UUID
    membership: uuid.UUID
    role: str
    role_name: Text
    description: Text
    verbs: frozenset[str]
    """What the role lets its holder do to colleagues."""
    gives: frozenset[str]
    """Keys of the tiers its holder may give."""
    version: int
    is_admin: bool
    all_sites: bool
    places: Sequence[Place]
    limits: Mapping[str, Limit]
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    given_by: uuid.UUID
    given_by_kind: str
    reason: str
    act: uuid.UUID

    @property
    def access(self) -> Access:
        """The same as it would be asked for."""
        sites = frozenset(place.id for place in self.places)
        return Access(self.role, self.all_sites, sites, self.limits, self.valid_until)


def grants(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, list[Grant]]:
    """What each of these holds at `at`, oldest first."""
    rows = list(
        powers.in_force(at)
        .filter(membership__in=list(memberships))
        .select_related("role")
        .order_by("valid_from", "id")
    )
    found: dict[uuid.UUID, list[Grant]] = defaultdict(list)
    if not rows:
        return found
    versions = powers.versions(at)
    places, limits = _places(rows), _limits(rows)
    for row in rows:
        version = versions.get(row.role_id)
        if version is not None:
            found[row.membership_id].append(_grant(row, version, places[row.id], limits[row.id]))
    return found


def _grant(
    row: Assignment, version: RoleVersion, places: Sequence[Place], limits: Mapping[str, Limit]
) -> Grant:
    return Grant(
        id=row.id,
        membership=row.membership_id,
        role=row.role.key,
        role_name=row.role.name,
        description=row.role.description,
        verbs=frozenset(version.verbs),
        gives=frozenset(version.gives),
        version=version.number,
        is_admin=version.is_admin,
        all_sites=row.all_sites,
        places=places,
        limits=limits,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        given_by=row.given_by,
        given_by_kind=row.given_by_kind,
        reason=row.reason,
        act=row.act,
    )


def _places(rows: Sequence[Assignment]) -> dict[uuid.UUID, list[Place]]:
    found: dict[uuid.UUID, list[Place]] = defaultdict(list)
    for link in (
        AssignmentSite.objects.filter(assignment__in=rows).select_related("site").order_by("site__sort_key")
    ):
        found[link.assignment_id].append(Place(link.site_id, link.site.name))
    return found


def _limits(rows: Sequence[Assignment]) -> dict[uuid.UUID, dict[str, Limit]]:
    found: dict[uuid.UUID, dict[str, Limit]] = defaultdict(dict)
    for line in AssignmentLimit.objects.filter(assignment__in=rows).select_related("entitlement"):
        found[line.assignment_id][line.entitlement.key] = Limit(line.amount, line.currency, line.period)
    return found
