"""The assignments of members are read with the names of roles and sites, by one statement for any number of members."""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Max

from delegation.authorization.models.assignments import Assignment
from delegation.authorization.values import AccessSpec, AmountLimit, amount_from_json

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SiteName:
    """Holds a site's id, which rights refer to, and its name, which pages show."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """Describes an assignment for pages, with the texts and rights that explain it."""

    id: uuid.UUID
    membership: uuid.UUID
    role: str
    role_name: Text
    description: Text
    verbs: frozenset[str]
    """What its holder may do to members."""
    assignable_roles: frozenset[str]
    """The keys of the tiers that its holder may assign."""
    version: int
    is_admin: bool
    all_sites: bool
    sites: Sequence[SiteName]
    limits: Mapping[str, AmountLimit]
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    assigned_by: uuid.UUID
    assigned_by_kind: str
    act: uuid.UUID
    """Its event holds the reason, encrypted."""

    @property
    def access(self) -> AccessSpec:
        """Return the access as a command takes it."""
        sites = frozenset(site.id for site in self.sites)
        return AccessSpec(self.role, self.all_sites, sites, self.limits, self.valid_until)


_ASSIGNMENTS = """
SELECT a.id, a.membership_id, r.key, r.name, r.description, v.verbs, v.assignable_roles, v.number, v.is_admin,
       a.all_sites,
       (SELECT jsonb_agg(jsonb_build_array(s.id, s.name) ORDER BY s.sort_key, s.id)
        FROM delegation_assignmentsite x JOIN identity_published_site s ON s.id = x.site_id
        WHERE x.assignment_id = a.id),
       (SELECT jsonb_agg(jsonb_build_array(e.key, l.amount::text, l.currency, l.period) ORDER BY e.rank, e.key)
        FROM delegation_assignmentlimit l JOIN delegation_entitlement e ON e.id = l.entitlement_id
        WHERE l.assignment_id = a.id),
       a.valid_from, a.valid_until, a.assigned_by, a.assigned_by_kind, a.act
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
    """Read the assignments in force at `at`, oldest first, by membership. Members without one are absent."""
    by_membership: dict[uuid.UUID, list[AssignmentView]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGNMENTS, {"memberships": list(memberships), "at": at})
        for row in cursor.fetchall():
            assignment = _assignment_from_row(row)
            by_membership[assignment.membership].append(assignment)
    return by_membership


def shown_assignments(*, membership: uuid.UUID, ids: Collection[uuid.UUID]) -> list[AssignmentView]:
    """Read assignments that a page showed together, as they were when the last of them began. Two statements."""
    shown = Assignment.objects.filter(membership=membership, id__in=list(ids))
    at = shown.aggregate(latest=Max("valid_from"))["latest"]
    if at is None:
        return []
    return [
        row for row in assignments(memberships=[membership], at=at).get(membership, []) if row.id in set(ids)
    ]


def _assignment_from_row(row: tuple[Any, ...]) -> AssignmentView:
    assignment, membership, role, *texts, number, is_admin, all_sites, sites, limits = row[:12]
    name, description, verbs, assignable_roles = map(json.loads, texts)
    columns: list[Any] = [
        assignment,
        membership,
        role,
        name,
        description,
        frozenset(verbs),
        frozenset(assignable_roles),
        number,
        is_admin,
        all_sites,
        [SiteName(uuid.UUID(site), text) for site, text in json.loads(sites or "[]")],
        {
            key: AmountLimit(amount_from_json(amount), *rest)
            for key, amount, *rest in json.loads(limits or "[]")
        },
        *row[12:],
    ]
    return AssignmentView(*columns)
