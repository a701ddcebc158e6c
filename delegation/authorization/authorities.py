"""What an actor's own assignments let them do to colleagues, and what is true of those colleagues at an instant.

The raw material of `policy`, `scopes`, `rules` and `history`; the number of statements is that of one row.
"""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from audit.foundation.actor import Actor, Kind
from audit.foundation.intervals import InForce
from delegation.authorization.models.assignments import Assignment, AssignmentSite
from delegation.authorization.models.roles import RoleVersion, Strength
from identity.memberships.models import Membership, MembershipPeriod
from identity.people import credentials

_STATE = MembershipPeriod.State
_WITHOUT_END = Q(valid_until__isnull=True)


@dataclass(frozen=True, slots=True)
class Authority:
    """One assignment of an actor, as a right over colleagues of one organization."""

    assignment: uuid.UUID
    organization: uuid.UUID
    version: uuid.UUID
    verbs: frozenset[str]
    gives: frozenset[str]
    longest_days: int | None
    all_sites: bool
    sites: frozenset[uuid.UUID]


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One assignment of a colleague: which role, where."""

    role: str
    all_sites: bool
    sites: frozenset[uuid.UUID]


@dataclass(slots=True)
class MembershipState:
    """What policy needs to know of a membership at an instant."""

    id: uuid.UUID
    organization: uuid.UUID
    user: uuid.UUID
    state: str
    open: bool
    """Whether the organization is in force."""
    held: list[HeldRole] = field(default_factory=list)


def in_force(at: dt.datetime) -> QuerySet[Assignment]:
    """Assignments whose interval holds `at`."""
    return Assignment.objects.filter(InForce(at))


def versions(at: dt.datetime) -> dict[uuid.UUID, RoleVersion]:
    """The version of every role at `at`, by the role's id."""
    return {version.role_id: version for version in RoleVersion.objects.filter(InForce(at))}


def sites_of(assignments: Iterable[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """The sites of these assignments."""
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for assignment, site in AssignmentSite.objects.filter(assignment__in=list(assignments)).values_list(
        "assignment_id", "site_id"
    ):
        found[assignment].add(site)
    return {assignment: frozenset(sites) for assignment, sites in found.items()}


_AUTHORITIES = """
WITH m AS MATERIALIZED (
    SELECT m.id, m.organization_id FROM identity_membership_at(%(at)s) m
    WHERE m.user_id = %(user)s AND m.in_force
      AND (%(organization)s::uuid IS NULL OR m.organization_id = %(organization)s::uuid)
)
SELECT a.id, m.organization_id, v.id, v.verbs, v.gives, v.max_assignment_days, a.all_sites,
       ARRAY(SELECT x.site_id FROM delegation_assignmentsite x WHERE x.assignment_id = a.id)
FROM m
JOIN delegation_assignment_at(%(at)s) a ON a.membership_id = m.id
JOIN delegation_roleversion v ON v.role_id = a.role_id
 AND in_force(v.valid_from, v.valid_until, %(at)s)
"""


def _of_member(actor: Actor, at: dt.datetime, organization: uuid.UUID | None) -> list[Authority]:
    """A person's own assignments. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_AUTHORITIES, {"at": at, "user": actor.id, "organization": organization})
        return [_authority_from_row(row) for row in cursor.fetchall()]


AUTHORITIES: dict[Kind, Callable[[Actor, dt.datetime, uuid.UUID | None], list[Authority]]] = {
    Kind.PERSON: _of_member
}
"""Where the authorities of each kind of actor come from; None asks for those in every organization.

A kind that is not here has none. The system has none either: it acts by `Rule.system` (`policy.decide`).
"""


def authorities_of(
    *, actor: Actor, at: dt.datetime, organization: uuid.UUID | None = None
) -> list[Authority]:
    """What this actor may do to members, and give them, at `at`. Asked twice in every act."""
    found = AUTHORITIES.get(actor.kind)
    return found(actor, at, organization) if found else []


def _authority_from_row(row: tuple[Any, ...]) -> Authority:
    assignment, organization, version, verbs, gives, longest_days, all_sites, sites = row
    return Authority(
        assignment=assignment,
        organization=organization,
        version=version,
        verbs=frozenset(json.loads(verbs)),
        gives=frozenset(json.loads(gives)),
        longest_days=longest_days,
        all_sites=all_sites,
        sites=frozenset(sites),
    )


_MEMBERSHIP_STATES = """
SELECT m.id, m.organization_id, m.user_id, coalesce(m.state, 'ended'), m.organization_in_force,
       r.key, a.all_sites,
       ARRAY(SELECT x.site_id FROM delegation_assignmentsite x WHERE x.assignment_id = a.id)
FROM identity_membership_at(%(at)s) m
LEFT JOIN delegation_assignment_at(%(at)s) a ON a.membership_id = m.id
LEFT JOIN delegation_role r ON r.id = a.role_id
WHERE m.id = ANY(%(ids)s)
"""


def membership_states(*, ids: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, MembershipState]:
    """What is true of these memberships at `at`. One statement, whatever the size of the set."""
    found: dict[uuid.UUID, MembershipState] = {}
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERSHIP_STATES, {"at": at, "ids": list(ids)})
        for one, organization, user, state, is_open, role, everywhere, sites in cursor.fetchall():
            colleague = found.setdefault(one, MembershipState(one, organization, user, state, is_open))
            if role is not None:
                colleague.held.append(HeldRole(role, everywhere, frozenset(sites)))
    return found


def working_admins(
    *, organization: uuid.UUID, at: dt.datetime, without: Collection[int] = ()
) -> QuerySet[Membership]:
    """Members who can keep an organization running, now and at every later instant already in the data.

    Organization admin everywhere by own assignment without end, active without end, a usable sign-in of the strength
    the role demands (the authenticators of `without` do not count), mail not bounced. Programs never count.
    """
    admins = [version for version in versions(at).values() if version.is_admin]
    working = Q(pk__in=[])
    for strength in sorted({version.strength for version in admins}):
        roles = [version.role_id for version in admins if version.strength == strength]
        given = Assignment.objects.filter(
            _WITHOUT_END, organization=organization, valid_from__lte=at, role__in=roles, all_sites=True
        )
        able = credentials.able_to_sign_in(strong=strength == Strength.MFA, without=without)
        working |= Q(id__in=given.values("membership"), user__in=able)
    lasting = MembershipPeriod.objects.filter(_WITHOUT_END, valid_from__lte=at, state=_STATE.ACTIVE)
    return Membership.objects.filter(
        working,
        organization=organization,
        kind=Membership.Kind.PERSON,
        id__in=lasting.values("membership"),
    )


_STATES = """
SELECT m.id, coalesce(m.state, 'ended') FROM identity_membership_at(%(at)s) m
WHERE m.id = ANY(%(ids)s)
"""


def period_states(*, ids: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, str]:
    """`active`, `suspended` or `ended`, for each of these memberships. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_STATES, {"ids": list(ids), "at": at})
        return dict(cursor.fetchall())
