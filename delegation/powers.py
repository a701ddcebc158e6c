"""What an actor's own assignments let them do to colleagues, and what is true of those colleagues at an instant.

The raw material of `policy`, `scopes`, `rules` and `history`; a fixed number of statements whatever the size of the set.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When

from audit.actor import Actor, Kind
from delegation.models import Assignment, AssignmentSite, RoleVersion
from identity import memberships
from identity.models import Membership, MembershipPeriod, Organization, User

_STATE = MembershipPeriod.State


@dataclass(frozen=True, slots=True)
class Power:
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
class Held:
    """One assignment of a colleague: which role, where."""

    role: str
    all_sites: bool
    sites: frozenset[uuid.UUID]


@dataclass(slots=True)
class Colleague:
    """What policy needs to know of a membership at an instant."""

    id: uuid.UUID
    organization: uuid.UUID
    user: uuid.UUID
    state: str
    open: bool
    """Whether the organization is in force."""
    held: list[Held] = field(default_factory=list)


def in_force(at: dt.datetime) -> QuerySet[Assignment]:
    """Assignments whose interval holds `at`."""
    return Assignment.objects.filter(memberships.covering(at))


def versions(at: dt.datetime) -> dict[uuid.UUID, RoleVersion]:
    """The version of every role at `at`, by the role's id."""
    return {version.role_id: version for version in RoleVersion.objects.filter(memberships.covering(at))}


def sites_of(assignments: Iterable[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """The sites of these assignments."""
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for assignment, site in AssignmentSite.objects.filter(assignment__in=list(assignments)).values_list(
        "assignment_id", "site_id"
    ):
        found[assignment].add(site)
    return {assignment: frozenset(sites) for assignment, sites in found.items()}


def of(*, actor: Actor, at: dt.datetime, organization: uuid.UUID | None = None) -> list[Power]:
    """The powers of a person at `at`; of anybody else, none. Three statements."""
    if actor.kind is not Kind.PERSON:
        return []
    rows = in_force(at).filter(
        membership__in=memberships.active(at=at).filter(user=actor.id), membership__user__is_active=True
    )
    if organization is not None:
        rows = rows.filter(membership__organization=organization)
    given = list(rows.values_list("id", "membership__organization_id", "role_id", "all_sites"))
    known, places = (versions(at), sites_of(row[0] for row in given)) if given else ({}, {})
    return [
        _power(assignment, where, known[role], all_sites=all_sites, sites=places.get(assignment, frozenset()))
        for assignment, where, role, all_sites in given
        if role in known
    ]


def _power(
    assignment: uuid.UUID,
    organization: uuid.UUID,
    version: RoleVersion,
    *,
    all_sites: bool,
    sites: frozenset[uuid.UUID],
) -> Power:
    return Power(
        assignment=assignment,
        organization=organization,
        version=version.id,
        verbs=frozenset(version.verbs),
        gives=frozenset(version.gives),
        longest_days=version.gives_longest_days,
        all_sites=all_sites,
        sites=sites,
    )


def state_at(at: dt.datetime) -> Case:
    """An annotation: `active`, `suspended` or `ended`."""
    return Case(
        When(memberships.in_state(at=at, states=[_STATE.ACTIVE]), then=Value("active")),
        When(memberships.in_state(at=at, states=[_STATE.SUSPENDED]), then=Value("suspended")),
        default=Value("ended"),
    )


def colleagues(*, ids: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, Colleague]:
    """What is true of these memberships at `at`. Three statements."""
    wanted = list(ids)
    rows: QuerySet[Membership, dict[str, Any]] = (
        Membership.objects.filter(id__in=wanted)
        .annotate(state=state_at(at))
        .values("id", "organization_id", "user_id", "state", "organization__status")
    )
    found = {
        row["id"]: Colleague(
            id=row["id"],
            organization=row["organization_id"],
            user=row["user_id"],
            state=row["state"],
            open=row["organization__status"] == Organization.Status.ACTIVE,
        )
        for row in rows
    }
    given = list(
        in_force(at)
        .filter(membership__in=wanted)
        .values_list("id", "membership_id", "role__key", "all_sites")
    )
    places = sites_of(row[0] for row in given if not row[3])
    for assignment, membership, role, all_sites in given:
        found[membership].held.append(Held(role, all_sites, places.get(assignment, frozenset())))
    return found


def working_admins(*, organization: uuid.UUID, at: dt.datetime) -> QuerySet[Membership]:
    """Members who can keep an organization running, now and at every later instant already in the data.

    Organization admin by own assignment without end, active without end, an active sign-in of the strength the role
    demands, mail not bounced. Programs never count.
    """
    admin_roles = [version.role_id for version in versions(at).values() if version.is_admin]
    for_ever = Q(valid_until__isnull=True)
    lasting = MembershipPeriod.objects.filter(for_ever, valid_from__lte=at, state=_STATE.ACTIVE)
    given = Assignment.objects.filter(for_ever, valid_from__lte=at, role__in=admin_roles)
    return Membership.objects.filter(
        organization=organization,
        kind=Membership.Kind.PERSON,
        id__in=lasting.values("membership"),
        user__in=usable(at=at),
    ).filter(id__in=given.values("membership"))


def usable(*, at: dt.datetime) -> QuerySet[User]:
    """Customers who can sign in with two factors, and whom mail reaches."""
    del at
    second = Q(authenticator__type__in=["totp", "webauthn"])
    return (
        User.objects.filter(second, is_active=True, mail_bounced_at=None)
        .exclude(password__startswith="!")
        .distinct()
    )
