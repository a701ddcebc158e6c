"""Pages show the removals of an organization that a system has not confirmed in time, or is known to fail."""

import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from audit.foundation import db
from provisioning.accounts.progress import LATE

LIMIT = 100
"""Systems of removals that one page reads."""
OLDEST = 1000
"""Systems of removals that are read for many organizations together."""

# Someone who is a member again has rows of the removal until the restored access is acknowledged: these are no leavers.
_UNCONFIRMED = """
WITH removal AS (
    SELECT act, organization, removed_at FROM provisioning_removal
    WHERE {which} AND due_at IS NOT NULL
      AND (%(acts)s::uuid[] IS NULL OR act = ANY(%(acts)s::uuid[]))
    ORDER BY removed_at {order} LIMIT %(limit)s
),
open AS (
    SELECT r.act, t.application_id, d.membership_id, a.attempts, a.last_failed_at,
           greatest(a.due_at, t.pause_until) AS next_try_at,
           CASE WHEN a.last_error = '' AND t.down_since IS NOT NULL THEN 'unreachable' ELSE a.last_error END AS error,
           a.attempts > 0 OR a.last_error <> '' OR t.down_since IS NOT NULL
               OR coalesce(t.pause_until > %(at)s, false) AS is_failing
    FROM removal r
    JOIN provisioning_delivery d ON d.act = r.act AND d.done_at IS NULL
    JOIN provisioning_account a ON a.id = d.account_id
    JOIN provisioning_target t ON t.id = d.target_id AND t.is_active
    UNION ALL
    SELECT r.act, c.application_id, s.membership_id, l.attempts, l.last_failed_at, l.due_at, l.last_error,
           l.attempts > 0 OR l.last_error <> ''
    FROM removal r
    JOIN provisioning_logout l ON l.act = r.act AND l.due_at IS NOT NULL
    JOIN identity_published_sign_in s ON s.id = l.sign_in_id
    JOIN identity_published_client c ON c.id = l.client_id
)
SELECT r.act, r.organization, r.removed_at, p.key, p.name::text, array_agg(DISTINCT o.membership_id), max(o.attempts),
       max(o.last_failed_at), min(o.next_try_at), max(o.error)
FROM removal r
JOIN open o ON o.act = r.act AND (r.removed_at <= %(late)s OR o.is_failing)
JOIN identity_published_application p ON p.id = o.application_id
WHERE NOT EXISTS (
    SELECT FROM identity_published_period i
    WHERE i.membership_id = o.membership_id AND i.state <> 'ended' AND in_force(i.valid_from, i.valid_until, %(at)s)
)
GROUP BY r.act, r.organization, r.removed_at, p.key, p.name::text
ORDER BY r.removed_at {order}, r.act, p.key
LIMIT %(limit)s
"""
_OF_ORGANIZATION = _UNCONFIRMED.format(which="organization = %(organization)s", order="DESC")
_OLDEST = _UNCONFIRMED.format(
    which="(%(organizations)s::uuid[] IS NULL OR organization = ANY(%(organizations)s::uuid[]))", order="ASC"
)


@dataclass(frozen=True, slots=True)
class UnconfirmedSystem:
    """Describes a system that has not confirmed a removal. `attempts`: failures in a row, 0 before the first one."""

    application: str
    name: Mapping[str, str]
    attempts: int
    last_failed_at: dt.datetime | None
    next_try_at: dt.datetime | None
    error: str
    """A code of `provisioning.delivery.errors`; may be empty."""


@dataclass(frozen=True, slots=True)
class UnconfirmedRemoval:
    """Names the members who are removed and still have access to a system, and these systems."""

    act: uuid.UUID
    organization: uuid.UUID
    removed_at: dt.datetime
    memberships: frozenset[uuid.UUID]
    systems: Sequence[UnconfirmedSystem]


def unconfirmed(
    *, organization: uuid.UUID, at: dt.datetime, acts: Collection[uuid.UUID] | None = None
) -> list[UnconfirmedRemoval]:
    """Read the removals that a system has not confirmed `LATE` after the act, newest first. One statement.

    A system that failed, is down or paused is named at once: a minute adds no knowledge.
    `acts`: among these alone. Members who were restored meanwhile are left out.
    """
    return _read(_OF_ORGANIZATION, organization=organization, at=at, acts=acts)


def oldest_unconfirmed(
    *, at: dt.datetime, organizations: Collection[uuid.UUID] | None
) -> list[UnconfirmedRemoval]:
    """Read the unconfirmed removals of these organizations, oldest first, up to `OLDEST` systems. One statement.

    `organizations`: None for all.
    """
    return _read(_OLDEST, at=at, organizations=organizations, limit=OLDEST)


def _read(
    statement: str,
    *,
    at: dt.datetime,
    organization: uuid.UUID | None = None,
    organizations: Collection[uuid.UUID] | None = None,
    acts: Collection[uuid.UUID] | None = None,
    limit: int = LIMIT,
) -> list[UnconfirmedRemoval]:
    params = {
        "organization": organization,
        "organizations": None if organizations is None else list(organizations),
        "at": at,
        "late": at - LATE,
        "acts": None if acts is None else list(acts),
        "limit": limit,
    }
    removals: dict[uuid.UUID, UnconfirmedRemoval] = {}
    for act, customer, removed_at, key, name, memberships, *wait in db.fetch_all(statement, params):
        known = removals.get(act) or UnconfirmedRemoval(act, customer, removed_at, frozenset(), ())
        removals[act] = replace(
            known,
            memberships=known.memberships | set(memberships),
            systems=[*known.systems, UnconfirmedSystem(key, json.loads(name), *wait)],
        )
    return list(removals.values())
