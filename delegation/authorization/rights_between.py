"""Rights and tiers of an organization's members at two instants are compared."""

import datetime as dt
import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from delegation.authorization import entitlements
from delegation.authorization.values import AmountLimit

TIER, RIGHT = "tier", "right"
_AMONG = "m.organization_id = %(organization)s AND (%(members)s::uuid[] IS NULL OR m.id = ANY(%(members)s::uuid[]))"
# The organization stands in the condition itself, for the planner: the ceilings of all others are many.
_STORED = {
    **entitlements.STORED,
    "ceilings": "(SELECT * FROM delegation_ceiling WHERE organization_id = %(organization)s)",
}
_COLUMNS = "(id, app, e_key, role, all_sites, sites, takes_amount, amount, currency, period, begins, ends, a)"
_SIDE = f"""
    SELECT id, 'right' AS kind, e_key AS key,
           jsonb_agg(DISTINCT jsonb_build_array(takes_amount, amount::text, currency, period, all_sites, sites)) AS held
    FROM ({entitlements.QUERY.format(which=_AMONG, **_STORED)}) rights {_COLUMNS} GROUP BY id, e_key
    UNION ALL
    SELECT m.id, 'tier', r.key, jsonb_agg(DISTINCT jsonb_build_array(false, NULL, '', '', a.all_sites, (
               SELECT jsonb_agg(jsonb_build_array(s.id, s.name, s.external_id) ORDER BY s.sort_key, s.id)
               FROM delegation_assignmentsite x JOIN identity_published_site s ON s.id = x.site_id
               WHERE x.assignment_id = a.id)))
    FROM identity_membership_at(%(at)s) m
    JOIN delegation_assignment_at(%(at)s) a ON a.membership_id = m.id
    JOIN delegation_role r ON r.id = a.role_id
    WHERE {_AMONG} AND m.in_force GROUP BY m.id, r.key
"""  # noqa: S608 - constants of this module
_DIFFERENCE = f"""
WITH earlier AS MATERIALIZED ({_SIDE.replace("%(at)s", "%(since)s")}),
later AS MATERIALIZED ({_SIDE.replace("%(at)s", "%(until)s")}),
differing AS (
    SELECT id, kind, key, e.held AS had, n.held AS has
    FROM earlier e FULL JOIN later n USING (id, kind, key) WHERE e.held IS DISTINCT FROM n.held
)
"""  # noqa: S608 - constants of this module
_COUNTS = f"""
{_DIFFERENCE}
SELECT id, count(*) FILTER (WHERE had IS NULL), count(*) FILTER (WHERE has IS NULL),
       count(*) FILTER (WHERE had IS NOT NULL AND has IS NOT NULL)
FROM differing GROUP BY id
"""  # noqa: S608 - constants of this module
_CHANGES = f"{_DIFFERENCE} SELECT id, kind, key, had, has FROM differing ORDER BY id, key"  # noqa: S608 - constants
_BETWEEN = (
    "({row}.valid_from > %(since)s AND {row}.valid_from <= %(until)s"
    " OR {row}.valid_until > %(since)s AND {row}.valid_until <= %(until)s)"
)
# Where nothing of the whole organization changed, the rights of members without a change of their own are the same.
_MOVED = f"""
SELECT EXISTS (SELECT FROM delegation_roleversion v WHERE {_BETWEEN.format(row="v")})
    OR EXISTS (SELECT FROM delegation_ceiling c
               WHERE c.organization_id = %(organization)s AND {_BETWEEN.format(row="c")})
    OR EXISTS (SELECT FROM delegation_hold h WHERE h.organization_id = %(organization)s AND {_BETWEEN.format(row="h")}),
    to_jsonb(ARRAY(
        SELECT a.membership_id FROM delegation_assignment a
        JOIN identity_published_membership m ON m.id = a.membership_id
        WHERE m.organization_id = %(organization)s AND {_BETWEEN.format(row="a")}
        UNION
        SELECT p.membership_id FROM identity_published_period p
        JOIN identity_published_membership m ON m.id = p.membership_id
        WHERE m.organization_id = %(organization)s AND {_BETWEEN.format(row="p")}))
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class RightReach:
    """Describes how far a right or tier reaches; the limit is only meaningful with `takes_amount`."""

    takes_amount: bool
    limit: AmountLimit
    all_sites: bool
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RightChange:
    """Names an entitlement or a tier that a member held differently; empty where the member did not hold it."""

    membership: uuid.UUID
    kind: str
    key: str
    before: Sequence[RightReach]
    after: Sequence[RightReach]


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """Counts what a member gained, lost, and holds differently."""

    membership: uuid.UUID
    gained: int
    lost: int
    changed: int


def counts(
    *,
    organization: uuid.UUID,
    since: dt.datetime,
    until: dt.datetime,
    among: Collection[uuid.UUID] | None = None,
) -> list[ChangeCounts]:
    """Count what differs at `until` from `since`, for each member with a difference. Two statements."""
    (everyone, moved), *_ = entitlements.fetch(_MOVED, organization=organization, since=since, until=until)
    members = None if among is None else set(among)
    if not everyone:
        own = {uuid.UUID(one) for one in json.loads(moved)}
        members = own if members is None else members & own
    if members is not None and not members:
        return []
    rows = entitlements.fetch(_COUNTS, **_parameters(organization, since, until, members))
    return [ChangeCounts(*row) for row in rows]


def changes(
    *, organization: uuid.UUID, since: dt.datetime, until: dt.datetime, members: Collection[uuid.UUID]
) -> list[RightChange]:
    """Read what differs for these members. One statement, none for no members."""
    if not members:
        return []
    rows = entitlements.fetch(_CHANGES, **_parameters(organization, since, until, members))
    return [RightChange(member, kind, key, _held(had), _held(has)) for member, kind, key, had, has in rows]


def _parameters(
    organization: uuid.UUID, since: dt.datetime, until: dt.datetime, members: Collection[uuid.UUID] | None
) -> dict[str, Any]:
    return {
        "organization": organization,
        "since": since,
        "until": until,
        "members": None if members is None else sorted(members),
        "application": None,
    }


def _held(text: str | None) -> list[RightReach]:
    return [
        RightReach(
            takes_amount,
            AmountLimit(None if amount is None else Decimal(amount), currency, period),
            all_sites,
            tuple(name for _id, name, _external in sites or ()),
        )
        for takes_amount, amount, currency, period, all_sites, sites in json.loads(text or "[]")
    ]
