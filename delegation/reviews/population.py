"""The people and programs of a review are found, with what each of them has at an instant."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.foundation import db
from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.authorization import authorities
from delegation.authorization.errors import InvalidInput
from delegation.authorization.models.assignments import AssignmentSite
from delegation.people import recency
from delegation.reviews import findings, lowering
from delegation.reviews.findings import Compared
from delegation.reviews.models import AccessReview
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.service_users.models import ServiceUser

MOST = 1000
"""Lines of a review: all of them stand in one event (`audit_event_body`)."""
_SCOPE = AccessReview.Scope


@dataclass(frozen=True, slots=True)
class ReviewScope:
    """Says which access is reviewed: of `kind`, with the tier's or the site's id."""

    kind: str = _SCOPE.ALL
    role: uuid.UUID | None = None
    site: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class ReviewedAccess:
    """Describes a member or a program in the population, with its access as JSON of the log."""

    membership: uuid.UUID | None
    service_user: uuid.UUID | None
    person: uuid.UUID
    """The user, or the owner's."""
    frozen: Mapping[str, Any] = field(default_factory=dict)


def members(*, organization: uuid.UUID, scope: ReviewScope, at: dt.datetime) -> QuerySet[Membership]:
    """Filter the present members in the scope."""
    rows = memberships_queries.active_or_suspended(at=at).filter(organization=organization)
    held = authorities.in_force(at).filter(organization=organization, membership=OuterRef("pk"))
    if scope.kind == _SCOPE.TIER:
        rows = rows.filter(Exists(held.filter(role=scope.role)))
    if scope.kind == _SCOPE.SITE:
        of_site = AssignmentSite.objects.filter(assignment=OuterRef("pk"), site=scope.site)
        rows = rows.filter(Exists(held.filter(Q(all_sites=True) | Exists(of_site))))
    return rows


def subjects(*, organization: uuid.UUID, scope: ReviewScope, at: dt.datetime) -> list[ReviewedAccess]:
    """List the members in the scope, and the programs that these own, with what is frozen. Seven statements.

    Raises InvalidInput where there are more than `MOST`. People are compared with all peers, not with some: for more
    members than that there is no review of those unlike their peers, however few these are.
    """
    rows = members(organization=organization, scope=scope, at=at).select_related("user")
    present = list(rows.order_by("sort_key", "id")[: MOST + 1])
    _require_few(present, problem="too_many_peers" if scope.kind == _SCOPE.OUTLIERS else "too_many_lines")
    found = _people(present, scope, at)
    lines = [*found, *_programs(organization, [one.membership for one in found if one.membership], at)]
    _require_few(lines, problem="too_many_lines")
    return lines


def _require_few(rows: Sequence[object], *, problem: str) -> None:
    if len(rows) > MOST:
        raise InvalidInput(field="scope", problem=problem, longest=MOST)


def _people(rows: Sequence[Membership], scope: ReviewScope, at: dt.datetime) -> list[ReviewedAccess]:
    ids = [row.id for row in rows]
    held = access_queries.assignments(memberships=ids, at=at)
    seen = recency.last_sign_ins(memberships=ids)
    used = last_used(memberships=ids)
    compared = [Compared(row.id, held.get(row.id, []), seen.get(row.id), row.created_at) for row in rows]
    tier = lowering.lowest_tier(at=at)
    unusual = findings.find(compared, lowest=tier, at=at)
    return [
        ReviewedAccess(
            row.id,
            None,
            row.user_id,
            _frozen(held.get(row.id, []), seen.get(row.id), used.get(row.id, {}), found, tier),
        )
        for row in rows
        if (found := unusual[row.id]) is not None
        and (scope.kind != _SCOPE.OUTLIERS or findings.is_unlike_peers(found))
    ]


def _frozen(
    held: Sequence[AssignmentView],
    seen_at: dt.datetime | None,
    used: Mapping[str, dt.datetime],
    found: Sequence[Mapping[str, Any]],
    tier: str | None,
) -> dict[str, Any]:
    suggested = findings.suggestion(found)
    lower = lowering.lowered([one.access for one in held], tier=tier, found=found)
    return {
        "access": [access_json(one) for one in held],
        "seen_at": seen_at.isoformat() if seen_at else None,
        "used": {key: at.isoformat() for key, at in sorted(used.items())},
        "findings": list(found),
        "suggestion": "keep" if suggested == "lower" and lower is None else suggested,
    }


def access_json(one: AssignmentView) -> dict[str, Any]:
    """Return an assignment as the log has it, with who gave it and when."""
    return {
        **one.access.to_json(),
        "assignment": str(one.id),
        "given_at": one.valid_from.isoformat(),
        "given_by": str(one.assigned_by),
        "given_by_kind": one.assigned_by_kind,
    }


_LAST_USED = """
SELECT s.membership_id, app.key, max(s.last_seen_at) FROM identity_published_sign_in s
JOIN identity_published_sign_in_client x ON x.sign_in_id = s.id
JOIN identity_published_client c ON c.id = x.client_id
JOIN identity_published_application app ON app.id = c.application_id
WHERE s.membership_id = ANY(%(memberships)s) GROUP BY s.membership_id, app.key
"""


def last_used(*, memberships: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, dt.datetime]]:
    """Read when each service was last used, by membership and application. One statement.

    Ended sign-ins to services are deleted after a time: a service without an instant may have been used before.
    """
    by_membership: dict[uuid.UUID, dict[str, dt.datetime]] = defaultdict(dict)
    for membership, application, at in db.fetch_all(_LAST_USED, {"memberships": list(memberships)}):
        by_membership[membership][application] = at
    return by_membership


_PROGRAMS = """
SELECT s.id, s.owner_id, s.owner_user_id, s.scopes, s.valid_from, s.valid_until FROM identity_service_user_at(%(at)s) s
WHERE s.organization_id = %(organization)s AND s.in_force ORDER BY s.name, s.id
"""


def _programs(
    organization: uuid.UUID, owners: Collection[uuid.UUID], at: dt.datetime
) -> list[ReviewedAccess]:
    """List the programs in force that these members own. One statement."""
    known = set(owners)
    rows = db.fetch_all(_PROGRAMS, {"organization": organization, "at": at})
    return [ReviewedAccess(None, row[0], row[2], _program_json(row)) for row in rows if row[1] in known]


def _program_json(row: Sequence[Any]) -> dict[str, Any]:
    _id, owner, _user, scopes, since, until = row
    return {
        "owner": str(owner),
        "scopes": scopes,
        "given_at": since.isoformat(),
        "until": until.isoformat(),
        "findings": [],
        "suggestion": "keep",
    }


def programs_in_force(*, ids: Collection[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, ServiceUser]:
    """Read those of these programs that are in force. One statement."""
    rows = ServiceUser.objects.filter(id__in=list(ids), valid_from__lte=at, valid_until__gt=at)
    present = memberships_queries.active(at=at)
    return {row.id: row for row in rows.filter(owner__in=present.values("id"))}
