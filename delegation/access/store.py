"""Assignments are written here without authorization. Only commands and effects may import it (import contract)."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any

from django.db import connection

from audit.foundation.actor import Actor
from delegation.authorization import duty_conflicts
from delegation.authorization.duty_conflicts import FormerEnds
from delegation.authorization.models.assignments import Assignment, AssignmentLimit, AssignmentSite
from delegation.authorization.models.roles import Entitlement, Role
from delegation.authorization.values import AccessSpec, AmountLimit, amount_from_json

_END = """
WITH present AS (
    SELECT id, valid_until FROM delegation_assignment
    WHERE membership_id = ANY(%(memberships)s) AND not_ended(valid_until, %(at)s)
)
UPDATE delegation_assignment a SET valid_until = greatest(a.valid_from, %(at)s)
FROM present WHERE a.id = present.id
RETURNING a.id, present.valid_until
"""


def end(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> FormerEnds:
    """End all assignments of these memberships at `at`, and return until when each would have lasted.

    A future assignment gets an empty interval.
    """
    with connection.cursor() as cursor:
        cursor.execute(_END, {"memberships": list(memberships), "at": at})
        return dict(cursor.fetchall())


def assign(
    *,
    memberships: Sequence[uuid.UUID],
    access: AccessSpec,
    actor: Actor,
    act: uuid.UUID,
    at: dt.datetime,
    ended: FormerEnds = MappingProxyType({}),
) -> None:
    """Assign the same access to each membership from `at` on. The number of statements is constant.

    Raises ConflictingAccess.
    """
    assign_each(
        assignments=[(membership, access) for membership in memberships],
        actor=actor,
        act=act,
        at=at,
        ended=ended,
    )


def assign_each(
    *,
    assignments: Sequence[tuple[uuid.UUID, AccessSpec]],
    actor: Actor,
    act: uuid.UUID,
    at: dt.datetime,
    ended: FormerEnds = MappingProxyType({}),
) -> None:
    """Assign to each membership an access of its own. The number of statements is constant.

    Every act that gives a member access comes through here, so here no member newly gets two entitlements that
    conflict, whatever the act. `ended`: what the act replaces, from `end`. Raises ConflictingAccess.
    """
    keys = {access.role for _, access in assignments}
    found = Role.objects.filter(key__in=keys).annotate(is_in_conflict=duty_conflicts.of_role(at))
    roles = {role.key: role for role in found}
    rows = [
        (_assignment(membership, roles[access.role], access, actor, act, at), access)
        for membership, access in assignments
    ]
    Assignment.objects.bulk_create([assignment for assignment, _ in rows])
    AssignmentSite.objects.bulk_create(
        [
            AssignmentSite(assignment=assignment, site_id=site)
            for assignment, access in rows
            for site in sorted(access.sites)
        ]
    )
    _add_limits(rows)
    if any(role.is_in_conflict for role in found):
        members = {membership for membership, _ in assignments}
        duty_conflicts.require_none_new(memberships=members, at=at, ended=ended)


def _assignment(
    membership: uuid.UUID,
    role: Role,
    access: AccessSpec,
    actor: Actor,
    act: uuid.UUID,
    at: dt.datetime,
) -> Assignment:
    return Assignment(
        membership_id=membership,
        role=role,
        all_sites=access.all_sites,
        valid_from=at,
        valid_until=access.until,
        assigned_by=actor.id,
        assigned_by_kind=actor.kind.value,
        act=act,
    )


def _add_limits(rows: Sequence[tuple[Assignment, AccessSpec]]) -> None:
    keys = {key for _, access in rows for key in access.limits}
    known = {row.key: row for row in Entitlement.objects.filter(key__in=keys)}
    AssignmentLimit.objects.bulk_create(
        [
            AssignmentLimit(
                assignment=assignment,
                entitlement=known[key],
                amount=limit.amount,
                currency=limit.currency,
                period=limit.period,
            )
            for assignment, access in rows
            for key, limit in sorted(access.limits.items())
        ]
    )


_SNAPSHOT = """
SELECT a.membership_id, a.id, r.key, a.all_sites, a.valid_until,
       ARRAY(SELECT x.site_id::text FROM delegation_assignmentsite x WHERE x.assignment_id = a.id ORDER BY 1),
       ARRAY(SELECT ARRAY[e.key, l.amount::text, l.currency, l.period] FROM delegation_assignmentlimit l
             JOIN delegation_entitlement e ON e.id = l.entitlement_id WHERE l.assignment_id = a.id)
FROM delegation_assignment_at(%(at)s) a JOIN delegation_role r ON r.id = a.role_id
WHERE a.membership_id = ANY(%(memberships)s)
ORDER BY a.valid_from, a.id
"""


def snapshot(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Read the assignments of these memberships at `at`, in the form of the log. One statement."""
    by_membership: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, {"memberships": list(memberships), "at": at})
        for membership, assignment, role, all_sites, until, sites, limits in cursor.fetchall():
            by_membership[membership].append(
                {
                    "assignment": str(assignment),
                    "role": role,
                    "all_sites": all_sites,
                    "sites": [] if all_sites else sites,
                    "limits": {
                        key: AmountLimit(amount_from_json(amount), *rest).to_json()
                        for key, amount, *rest in limits
                    },
                    "until": until.isoformat() if until else None,
                }
            )
    return dict(by_membership)
