"""One statement computes the rights of members in applications from intervals.

Right at t = assignment ∩ role version ∩ ceiling ∩ no hold ∩ active period ∩ organization, person and application in
force.
"""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from psycopg.types.json import Jsonb

from delegation.authorization.values import AccessSpec, AmountLimit


class SiteRef(NamedTuple):
    """Names a site to connected systems, which use the same id."""

    id: uuid.UUID
    name: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Right:
    """A right is one entitlement of one membership, with its sites, its limit and its interval.

    An `amount` of None with `takes_amount` means without limit. A member may have several rights to one entitlement:
    for each site the highest applies.
    """

    membership: uuid.UUID
    application: str
    entitlement: str
    role: str
    all_sites: bool
    sites: tuple[SiteRef, ...]
    takes_amount: bool
    amount: Decimal | None
    currency: str
    period: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    assignment: uuid.UUID

    @property
    def limit(self) -> AmountLimit:
        """Return the limit; it is only meaningful with `takes_amount`."""
        return AmountLimit(self.amount, self.currency, self.period)


# An assignment without a limit row counts as 0. Amounts of different currencies give no right.
# The currency is that of the amount: the ceiling's where the assignment has no limit of its own.
# Two steps with few tables each: the database takes longer to plan a dozen joins than to run them.
QUERY = """
WITH m AS MATERIALIZED (
  SELECT m.id, m.organization_id, m.valid_from AS p_from, m.valid_until AS p_until,
         a.id AS a_id, a.role_id, a.all_sites, a.valid_from, a.valid_until
  FROM {members} m JOIN {given} a ON a.membership_id = m.id
  WHERE {which} AND m.in_force
),
r AS MATERIALIZED (
  SELECT r.id, r.key, v.valid_from, v.valid_until,
         e.id AS e_id, e.key AS e_key, e.rank, e.takes_amount, app.id AS app_id, app.key AS app_key
  FROM delegation_role r
  JOIN delegation_roleversion v ON v.role_id = r.id AND in_force(v.valid_from, v.valid_until, %(at)s)
  JOIN delegation_roleentitlement re ON re.version_id = v.id AND re.allowed
  JOIN delegation_entitlement e ON e.id = re.entitlement_id
  JOIN identity_published_application app ON app.id = e.application_id AND app.is_active
  WHERE (%(application)s::text IS NULL OR app.key = %(application)s::text) AND r.id IN (SELECT role_id FROM m)
)
SELECT m.id, r.app_key, r.e_key, r.key, m.all_sites,
       (SELECT jsonb_agg(jsonb_build_array(s.id, s.name, s.external_id) ORDER BY s.sort_key, s.id)
        FROM {places} x JOIN identity_published_site s ON s.id = x.site_id WHERE x.assignment_id = m.a_id),
       r.takes_amount,
       CASE WHEN NOT r.takes_amount THEN NULL WHEN l.id IS NULL THEN 0 ELSE least(l.amount, c.amount) END AS amount,
       coalesce(CASE WHEN l.amount IS NOT NULL THEN nullif(l.currency, '') END, nullif(c.currency, ''), l.currency, '')
         AS currency,
       coalesce(l.period, 'order'),
       greatest(m.valid_from, r.valid_from, c.valid_from, m.p_from),
       least(m.valid_until, r.valid_until, c.valid_until, m.p_until),
       m.a_id
FROM m JOIN r ON r.id = m.role_id
JOIN {ceilings} c ON c.organization_id = m.organization_id AND c.entitlement_id = r.e_id
 AND in_force(c.valid_from, c.valid_until, %(at)s)
LEFT JOIN {limits} l ON l.assignment_id = m.a_id AND l.entitlement_id = r.e_id
WHERE NOT (r.takes_amount AND l.amount IS NOT NULL AND c.amount IS NOT NULL AND l.currency <> c.currency)
  AND NOT EXISTS (SELECT 1 FROM delegation_hold b
                  WHERE b.organization_id = m.organization_id
                    AND (b.entitlement_id = r.e_id OR b.application_id = r.app_id)
                    AND in_force(b.valid_from, b.valid_until, %(at)s){ignored})
ORDER BY m.id, r.rank, r.e_key, m.valid_from, m.a_id
"""
STORED = {
    "members": "identity_membership_at(%(at)s)",
    "given": "delegation_assignment_at(%(at)s)",
    "places": "delegation_assignmentsite",
    "limits": "delegation_assignmentlimit",
    "ceilings": "delegation_ceiling",
    "ignored": "",
}
_WITHOUT_ONE_HOLD = {**STORED, "ignored": " AND b.id IS DISTINCT FROM %(lifted)s::uuid"}
_NAMED = "m.id = ANY(%(memberships)s)"
_RIGHTS = QUERY.format(which=_NAMED, **STORED)
# The database computes no column of the rights that is not read here.
_PEOPLE_WITH = f"""
SELECT e_key, key, count(DISTINCT id)
FROM ({QUERY.format(which="m.organization_id = %(organization)s", **_WITHOUT_ONE_HOLD)}) rights
WHERE %(stops)s IN (e_key, app_key)
GROUP BY GROUPING SETS ((e_key), (key), ())
"""  # noqa: S608 - constants of this module
_RIGHTS_TO = f"""
SELECT * FROM ({QUERY.format(which="m.organization_id = %(organization)s", **STORED)}) rights
WHERE e_key = %(entitlement)s
"""  # noqa: S608 - constants of this module
_USABLE = f"SELECT DISTINCT id, app_key FROM ({_RIGHTS}) rights (id, app_key)"  # noqa: S608 - constants of this module
# The same statement over one hypothetical member: active from now on, with one access.
_HYPOTHETICAL_RIGHTS = QUERY.format(
    which=_NAMED,
    members="(SELECT %(hypothetical)s::uuid AS id, o.id AS organization_id, o.in_force, %(at)s AS valid_from,"
    " NULL::timestamptz AS valid_until FROM identity_published_organization o WHERE o.id = %(organization)s)",
    given="(SELECT %(hypothetical)s::uuid AS id, %(hypothetical)s::uuid AS membership_id, w.id AS role_id,"
    " %(all_sites)s AS all_sites, %(at)s AS valid_from, %(until)s::timestamptz AS valid_until"
    " FROM delegation_role w WHERE w.key = %(role)s AND not_ended(%(until)s::timestamptz, %(at)s))",
    places="(SELECT %(hypothetical)s::uuid AS assignment_id, unnest(%(sites)s::uuid[]) AS site_id)",
    limits="(SELECT k.id, %(hypothetical)s::uuid AS assignment_id, k.id AS entitlement_id,"
    " j.amount, j.currency, j.period"
    " FROM jsonb_to_recordset(%(limits)s) AS j(key text, amount numeric, currency text, period text)"
    " JOIN delegation_entitlement k ON k.key = j.key)",
    ceilings="delegation_ceiling",
    ignored="",
)
_HYPOTHETICAL_MEMBERSHIP = uuid.UUID(int=0)

_BOUNDARIES = """
SELECT m.id, min(t.boundary)
FROM identity_published_membership m
CROSS JOIN LATERAL (
    SELECT unnest(ARRAY[p.valid_from, p.valid_until]) FROM identity_published_period p WHERE p.membership_id = m.id
    UNION ALL
    SELECT unnest(ARRAY[a.valid_from, a.valid_until]) FROM delegation_assignment a WHERE a.membership_id = m.id
    UNION ALL
    SELECT unnest(ARRAY[v.valid_from, v.valid_until]) FROM delegation_roleversion v
    JOIN delegation_assignment a ON a.role_id = v.role_id WHERE a.membership_id = m.id
    UNION ALL
    SELECT unnest(ARRAY[c.valid_from, c.valid_until]) FROM delegation_ceiling c
    WHERE c.organization_id = m.organization_id
    UNION ALL
    SELECT unnest(ARRAY[b.valid_from, b.valid_until]) FROM delegation_hold b
    WHERE b.organization_id = m.organization_id
) t(boundary)
WHERE m.id = ANY(%(memberships)s) AND t.boundary > %(at)s
GROUP BY m.id
"""


def rights_of(
    *, memberships: Iterable[uuid.UUID], at: dt.datetime, application: str | None = None
) -> dict[uuid.UUID, list[Right]]:
    """Compute the rights of these memberships at `at`, in one application or all. One statement."""
    ids = list(memberships)
    by_membership: dict[uuid.UUID, list[Right]] = {membership: [] for membership in ids}
    for row in fetch(_RIGHTS, memberships=ids, at=at, application=application):
        by_membership[row[0]].append(right_from_row(row))
    return by_membership


def usable_applications(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> set[tuple[uuid.UUID, str]]:
    """Return which of these memberships have any right in which application, by key. One statement."""
    rows = fetch(_USABLE, memberships=list(memberships), at=at, application=None)
    return {(membership, application) for membership, application in rows}


def rights_to(*, organization: uuid.UUID, entitlement: str, at: dt.datetime) -> list[Right]:
    """Compute the rights of all members of this organization to one entitlement at `at`. One statement."""
    application = entitlement.partition(":")[0]
    rows = fetch(
        _RIGHTS_TO, organization=organization, entitlement=entitlement, application=application, at=at
    )
    return [right_from_row(row) for row in rows]


def hypothetical_rights(*, organization: uuid.UUID, access: AccessSpec, at: dt.datetime) -> list[Right]:
    """Compute the rights that a member would have with only this access. One statement."""
    rows = fetch(
        _HYPOTHETICAL_RIGHTS,
        memberships=[_HYPOTHETICAL_MEMBERSHIP],
        hypothetical=_HYPOTHETICAL_MEMBERSHIP,
        organization=organization,
        application=None,
        at=at,
        role=access.role,
        all_sites=access.all_sites,
        sites=sorted(access.sites),
        until=access.until,
        limits=Jsonb([{"key": key, **limit.to_json()} for key, limit in access.limits.items()]),
    )
    return [right_from_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """Counts people with a right: each once in `people`, and once for each entitlement and role that they have."""

    people: int
    by_entitlement: dict[str, int]
    by_role: dict[str, int]


def people_with(
    *, organization: uuid.UUID, stops: str, at: dt.datetime, lifted: uuid.UUID | None = None
) -> PeopleCounts:
    """Count the people of this organization with a right in the application, or to the entitlement, of this key.

    The hold `lifted` is taken as ended. One statement.
    """
    rows = fetch(_PEOPLE_WITH, organization=organization, stops=stops, application=None, at=at, lifted=lifted)
    return PeopleCounts(
        people=next(number for entitlement, role, number in rows if entitlement is None and role is None),
        by_entitlement={entitlement: number for entitlement, _, number in rows if entitlement},
        by_role={role: number for _, role, number in rows if role},
    )


def right_from_row(row: tuple[Any, ...]) -> Right:
    """Return the right of a row of `QUERY`."""
    site_rows = json.loads(row[5] or "[]")  # Django leaves jsonb as text
    sites = tuple(SiteRef(uuid.UUID(site), name, external) for site, name, external in site_rows)
    columns: list[Any] = [*row[:5], sites, *row[6:]]
    return Right(*columns)


def next_change(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, dt.datetime]:
    """Find the next instant after `at` at which each membership's rights may change; it is absent where none comes."""
    return dict(fetch(_BOUNDARIES, memberships=list(memberships), at=at))


def fetch(sql: str, **params: Any) -> list[tuple[Any, ...]]:
    """Return all rows of a statement over rights."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [tuple(row) for row in cursor.fetchall()]


def by_application(rights: Iterable[Right]) -> dict[str, list[Right]]:
    """Group these rights by application."""
    grouped: dict[str, list[Right]] = defaultdict(list)
    for right in rights:
        grouped[right.application].append(right)
    return dict(grouped)
