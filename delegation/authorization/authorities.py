"""The policy reads an actor's authorities over members, and the state of members at an instant.

`policy`, `scopes`, `access.rules` and `history` read these. The number of statements does not grow with the set.
"""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from audit.foundation.actor import Actor, ActorKind
from audit.foundation.intervals import InForce
from delegation.authorization import service_scopes, staff_rights, staff_roles
from delegation.authorization.models.assignments import Assignment, AssignmentSite
from delegation.authorization.models.roles import RoleVersion
from identity.organizations.models import CustomerNumber
from identity.service_users import queries as service_users_queries
from identity.service_users.queries import ServiceUserInForce


@dataclass(frozen=True, slots=True)
class Authority:
    """Describes an assignment of the actor, or a staff right, as an authority over members.

    A staff right names an organization, or the business unit of organizations, or neither where it is for all of them.
    """

    assignment: uuid.UUID
    organization: uuid.UUID | None
    version: uuid.UUID
    verbs: frozenset[str]
    assignable_roles: frozenset[str]
    max_days: int | None
    all_sites: bool
    sites: frozenset[uuid.UUID]
    unit: uuid.UUID | None = None
    valid_until: dt.datetime | None = None
    """Of a staff right."""

    @property
    def is_for_all(self) -> bool:
        """Return whether it is for the whole supplier."""
        return self.organization is None and self.unit is None


@dataclass(frozen=True, slots=True)
class HeldRole:
    """Describes a role that a member has by one assignment, with its sites."""

    key: str
    all_sites: bool
    sites: frozenset[uuid.UUID]


@dataclass(slots=True)
class MembershipState:
    """Holds the state of a membership at an instant, as far as the policy asks for it."""

    id: uuid.UUID
    organization: uuid.UUID
    user: uuid.UUID
    state: str
    organization_in_force: bool
    organization_closed: bool
    """A suspended organization is neither in force nor closed: the supplier's staff still read it."""
    roles: list[HeldRole] = field(default_factory=list)


def in_force(at: dt.datetime) -> QuerySet[Assignment]:
    """Filter the assignments whose interval contains `at`."""
    return Assignment.objects.filter(InForce(at))


def versions(at: dt.datetime) -> dict[uuid.UUID, RoleVersion]:
    """Read the version of each role at `at`, by the role's id."""
    return {version.role_id: version for version in RoleVersion.objects.filter(InForce(at))}


def sites_of(assignments: Iterable[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Read the sites of these assignments, by assignment."""
    by_assignment: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for assignment, site in AssignmentSite.objects.filter(assignment__in=list(assignments)).values_list(
        "assignment_id", "site_id"
    ):
        by_assignment[assignment].add(site)
    return {assignment: frozenset(sites) for assignment, sites in by_assignment.items()}


_AUTHORITIES = """
WITH m AS MATERIALIZED (
    SELECT m.id, m.organization_id, m.user_id FROM identity_membership_at(%(at)s) m
    WHERE m.user_id = ANY(%(users)s) AND m.in_force
      AND (%(organization)s::uuid IS NULL OR m.organization_id = %(organization)s::uuid)
)
SELECT a.id, m.organization_id, v.id, v.verbs, v.assignable_roles, v.max_assignment_days, a.all_sites,
       ARRAY(SELECT x.site_id FROM delegation_assignmentsite x WHERE x.assignment_id = a.id), m.user_id
FROM m
JOIN delegation_assignment_at(%(at)s) a ON a.membership_id = m.id
JOIN delegation_roleversion v ON v.role_id = a.role_id
 AND in_force(v.valid_from, v.valid_until, %(at)s)
"""


def _authorities_of_member(actor: Actor, at: dt.datetime, organization: uuid.UUID | None) -> list[Authority]:
    """Read the authorities that a person's own assignments give. One statement."""
    return authorities_of_people(users=[actor.id], at=at, organization=organization)[actor.id]


def authorities_of_people(
    *, users: Collection[uuid.UUID], at: dt.datetime, organization: uuid.UUID | None = None
) -> dict[uuid.UUID, list[Authority]]:
    """Read the authorities that the own assignments of each of these people give. One statement."""
    by_user: dict[uuid.UUID, list[Authority]] = {user: [] for user in users}
    with connection.cursor() as cursor:
        cursor.execute(_AUTHORITIES, {"at": at, "users": list(users), "organization": organization})
        for *columns, user in cursor.fetchall():
            by_user[user].append(_authority_from_row(tuple(columns)))
    return by_user


def _authorities_of_staff(actor: Actor, at: dt.datetime, organization: uuid.UUID | None) -> list[Authority]:
    """Read the authorities that a staff member's rights give. One statement."""
    return _of_staff_rights(actor.id, actor.staff_roles, at, organization)


def _of_staff_rights(
    user: uuid.UUID, roles: Collection[str], at: dt.datetime, organization: uuid.UUID | None
) -> list[Authority]:
    return [
        Authority(
            assignment=right.id,
            organization=organization or right.organization,
            version=right.id,
            verbs=staff_roles.VERBS[right.role],
            assignable_roles=frozenset(),
            max_days=None,
            all_sites=True,
            sites=frozenset(),
            unit=None if organization else right.unit,
            valid_until=right.valid_until,
        )
        for right in staff_rights.rights_of(user=user, roles=roles, at=at, organization=organization)
    ]


def _authorities_of_service(actor: Actor, at: dt.datetime, organization: uuid.UUID | None) -> list[Authority]:
    """Read the authorities of a service user: those of its owner, with the verbs of its scopes. Two statements.

    It therefore never has more than its owner has at `at`, and nothing once the owner has left.
    """
    found = service_users_queries.in_force(service_user=actor.id, at=at)
    if found is None or found.organization is None or organization not in {None, found.organization}:
        return []
    own = authorities_of_people(users=[found.owner], at=at, organization=found.organization)[found.owner]
    return _with_scopes(own, found, actor)


def _authorities_of_staff_service(
    actor: Actor, at: dt.datetime, organization: uuid.UUID | None
) -> list[Authority]:
    """Read the authorities of a service user that staff own: its owner's rights, with the verbs of its scopes.

    The roles are those that the owner's last sign-in allowed. Two statements.
    """
    found = service_users_queries.in_force(service_user=actor.id, at=at)
    if found is None or found.organization is not None:
        return []
    return _with_scopes(_of_staff_rights(found.owner, found.staff_roles, at, organization), found, actor)


def _with_scopes(own: Sequence[Authority], found: ServiceUserInForce, actor: Actor) -> list[Authority]:
    scopes = found.scopes if actor.scopes is None else found.scopes & actor.scopes
    verbs = service_scopes.verbs_of(scopes)
    return [replace(authority, verbs=authority.verbs & verbs) for authority in own]


AUTHORITIES: dict[ActorKind, Callable[[Actor, dt.datetime, uuid.UUID | None], list[Authority]]] = {
    ActorKind.PERSON: _authorities_of_member,
    ActorKind.STAFF: _authorities_of_staff,
    ActorKind.SERVICE: _authorities_of_service,
    ActorKind.STAFF_SERVICE: _authorities_of_staff_service,
}
"""The source of authorities by kind of actor; an organization of None means all organizations.

A kind without an entry has no authorities. The system has none: `policy.decide` reads `Rule.allow_system`.
"""


def authorities_of(
    *, actor: Actor, at: dt.datetime, organization: uuid.UUID | None = None
) -> list[Authority]:
    """Read what this actor may do to members, and assign to them, at `at`. Every act reads it twice."""
    source = AUTHORITIES.get(actor.kind)
    return source(actor, at, organization) if source else []


def within(*, own: Sequence[Authority], organizations: Collection[uuid.UUID]) -> list[Authority]:
    """Add what authorities over a business unit, or over everything, are over each of these organizations.

    One statement where the actor has such an authority, none otherwise.
    """
    wide = [authority for authority in own if authority.organization is None]
    if not wide or not organizations:
        return list(own)
    units = staff_rights.units_of(organizations=organizations)
    expanded = [
        replace(authority, organization=organization)
        for authority in wide
        for organization in organizations
        if authority.is_for_all or authority.unit in units[organization]
    ]
    return [*own, *expanded]


def reach(*, authority: Authority, field: str = "organization") -> Q:
    """Return the condition on rows whose `field` is an organization that this authority is over."""
    if authority.organization is not None:
        return Q(**{field: authority.organization})
    if authority.is_for_all:
        return Q(**{f"{field}__isnull": False})  # an empty Q would vanish from a disjunction
    of_unit = CustomerNumber.objects.filter(unit=authority.unit).values("organization")
    return Q(**{f"{field}__in": of_unit})


def _authority_from_row(row: tuple[Any, ...]) -> Authority:
    assignment, organization, version, verbs, assignable_roles, max_days, all_sites, sites = row
    return Authority(
        assignment=assignment,
        organization=organization,
        version=version,
        verbs=frozenset(json.loads(verbs)),
        assignable_roles=frozenset(json.loads(assignable_roles)),
        max_days=max_days,
        all_sites=all_sites,
        sites=frozenset(sites),
    )


_MEMBERSHIP_STATES = """
SELECT m.id, m.organization_id, m.user_id, coalesce(m.state, 'ended'), m.organization_in_force,
       m.organization_closed, r.key, a.all_sites,
       ARRAY(SELECT x.site_id FROM delegation_assignmentsite x WHERE x.assignment_id = a.id)
FROM identity_membership_at(%(at)s) m
LEFT JOIN delegation_assignment_at(%(at)s) a ON a.membership_id = m.id
LEFT JOIN delegation_role r ON r.id = a.role_id
WHERE m.id = ANY(%(ids)s)
"""


def membership_states(*, ids: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, MembershipState]:
    """Read the state of these memberships at `at`, by id. One statement, whatever the size of the set."""
    states: dict[uuid.UUID, MembershipState] = {}
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERSHIP_STATES, {"at": at, "ids": list(ids)})
        for *of_member, role, all_sites, sites in cursor.fetchall():
            member = states.setdefault(of_member[0], MembershipState(*of_member))
            if role is not None:
                member.roles.append(HeldRole(role, all_sites, frozenset(sites)))
    return states


_STATES = """
SELECT m.id, coalesce(m.state, 'ended') FROM identity_membership_at(%(at)s) m
WHERE m.id = ANY(%(ids)s)
"""


def period_states(*, ids: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, str]:
    """Read `active`, `suspended` or `ended` for each of these memberships. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_STATES, {"ids": list(ids), "at": at})
        return dict(cursor.fetchall())
