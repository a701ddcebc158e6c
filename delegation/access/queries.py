"""What colleagues hold, in the words of roles and sites rather than of entitlements. One statement for any number."""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from delegation.authorization.values import AccessSpec, AmountLimit, amount_from_json

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SiteName:
    """A site by its name."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class AssignmentView:
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
    places: Sequence[SiteName]
    limits: Mapping[str, AmountLimit]
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    given_by: uuid.UUID
    given_by_kind: str
    reason: str
    act: uuid.UUID

    @property
    def access(self) -> AccessSpec:
        """The same as it would be asked for."""
        sites = frozenset(place.id for place in self.places)
        return AccessSpec(self.role, self.all_sites, sites, self.limits, self.valid_until)


_ASSIGNMENTS = """
SELECT a.id, a.membership_id, r.key, r.name, r.description, v.verbs, v.gives, v.number, v.is_admin, a.all_sites,
       (SELECT jsonb_agg(jsonb_build_array(s.id, s.name) ORDER BY s.sort_key, s.id)
        FROM delegation_assignmentsite x JOIN identity_published_site s ON s.id = x.site_id
        WHERE x.assignment_id = a.id),
       (SELECT jsonb_agg(jsonb_build_array(e.key, l.amount::text, l.currency, l.period) ORDER BY e.rank, e.key)
        FROM delegation_assignmentlimit l JOIN delegation_entitlement e ON e.id = l.entitlement_id
        WHERE l.assignment_id = a.id),
       a.valid_from, a.valid_until, a.given_by, a.given_by_kind, a.reason, a.act
FROM delegation_assignment_at(%(at)s) a
JOIN delegation_role r ON r.id = a.role_id
JOIN delegation_roleversion v ON v.role_id = a.role_id
 AND in_force(v.valid_from, v.valid_until, %(at)s)
WHERE a.membership_id = ANY(%(memberships)s)
ORDER BY a.valid_from, a.id
"""


def assignments(
    *, memberships: Iterable[uuid.UUID], at: dt.datetime
) -> dict[uuid.UUID, list[AssignmentView]]:
    """What each of these holds at `at`, oldest first. Absent for who holds nothing."""
    found: dict[uuid.UUID, list[AssignmentView]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGNMENTS, {"memberships": list(memberships), "at": at})
        for row in cursor.fetchall():
            grant = _assignment_from_row(row)
            found[grant.membership].append(grant)
    return found


def _assignment_from_row(row: tuple[Any, ...]) -> AssignmentView:
    one, membership, role, *texts, number, is_admin, all_sites, places, limits = row[:12]
    name, description, verbs, gives = map(json.loads, texts)
    columns: list[Any] = [
        one,
        membership,
        role,
        name,
        description,
        frozenset(verbs),
        frozenset(gives),
        number,
        is_admin,
        all_sites,
        [SiteName(uuid.UUID(site), text) for site, text in json.loads(places or "[]")],
        {
            key: AmountLimit(amount_from_json(amount), *rest)
            for key, amount, *rest in json.loads(limits or "[]")
        },
        *row[12:],
    ]
    return AssignmentView(*columns)
