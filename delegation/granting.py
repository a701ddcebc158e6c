"""Writing assignments, without asking. Only `delegation.commands` may import this (contract)."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Greatest

from audit.actor import Actor
from delegation import powers
from delegation.models import Assignment, AssignmentLimit, AssignmentSite, Entitlement, Role
from delegation.wanted import Access, Limit, limit_facts


def close(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """Close every assignment of these memberships at `at`; one that had not begun never holds."""
    Assignment.objects.filter(membership__in=list(memberships)).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=at)
    ).update(valid_until=Greatest(F("valid_from"), Value(at, output_field=DateTimeField())))


def give(
    *,
    memberships: Sequence[uuid.UUID],
    access: Access,
    actor: Actor,
    act: uuid.UUID,
    at: dt.datetime,
    reason: str,
) -> None:
    """The same access to each of these, from `at` on. Statements: constant, whatever the size of the set."""
    give_each(gifts=[(one, access) for one in memberships], actor=actor, act=act, at=at, reason=reason)


def give_each(
    *,
    gifts: Sequence[tuple[uuid.UUID, Access]],
    actor: Actor,
    act: uuid.UUID,
    at: dt.datetime,
    reason: str,
) -> None:
    """To each membership its own access. Statements: constant, whatever the size of the set."""
    roles = {role.key: role for role in Role.objects.filter(key__in={access.role for _, access in gifts})}
    made = [
        (_assignment(one, roles[access.role], access, actor, act, at, reason), access)
        for one, access in gifts
    ]
    Assignment.objects.bulk_create([assignment for assignment, _ in made])
    AssignmentSite.objects.bulk_create(
        [
            AssignmentSite(assignment=assignment, site_id=site)
            for assignment, access in made
            for site in sorted(access.sites)
        ]
    )
    _limit(made)


def _assignment(  # noqa: PLR0917 - the columns of one row
    membership: uuid.UUID,
    role: Role,
    access: Access,
    actor: Actor,
    act: uuid.UUID,
    at: dt.datetime,
    reason: str,
) -> Assignment:
    return Assignment(
        membership_id=membership,
        role=role,
        all_sites=access.all_sites,
        valid_from=at,
        valid_until=access.until,
        given_by=actor.id,
        given_by_kind=actor.kind.value,
        reason=reason,
        act=act,
    )


def _limit(made: Sequence[tuple[Assignment, Access]]) -> None:
    keys = {key for _, access in made for key in access.limits}
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
            for assignment, access in made
            for key, limit in sorted(access.limits.items())
        ]
    )


def held(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """What these memberships hold at `at`, as it stands in the log. Three statements."""
    rows = list(
        powers.in_force(at)
        .filter(membership__in=list(memberships))
        .order_by("valid_from", "id")
        .values("id", "membership_id", "role__key", "all_sites", "valid_until")
    )
    places = powers.sites_of(row["id"] for row in rows if not row["all_sites"])
    amounts: dict[uuid.UUID, dict[str, Any]] = defaultdict(dict)
    for limit in AssignmentLimit.objects.filter(assignment__in=[row["id"] for row in rows]).select_related(
        "entitlement"
    ):
        amounts[limit.assignment_id][limit.entitlement.key] = limit_facts(
            Limit(limit.amount, limit.currency, limit.period)
        )
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["membership_id"]].append(
            {
                "assignment": str(row["id"]),
                "role": row["role__key"],
                "all_sites": row["all_sites"],
                "sites": sorted(str(site) for site in places.get(row["id"], ())),
                "limits": amounts.get(row["id"], {}),
                "until": row["valid_until"].isoformat() if row["valid_until"] else None,
            }
        )
    return dict(found)
