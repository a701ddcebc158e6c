"""The people who could do a verb to a member at an instant follow from the decisions of `policy`."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.foundation.intervals import InForce
from delegation.authorization import authorities, policy, staff_rights
from delegation.authorization.authorities import MembershipState
from delegation.authorization.models.assignments import Assignment, AssignmentSite
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.verbs import RequiredState, SiteReach, Verb
from identity.memberships import queries as memberships_queries


def who_could(*, verb: Verb, membership: uuid.UUID, at: dt.datetime) -> set[uuid.UUID]:
    """Find the users who could do `verb` to this member at `at`, by id."""
    member = authorities.membership_states(ids=[membership], at=at).get(membership)
    if member is None or not policy.is_open(verb, member) or not _state_allowed(verb, member):
        return set()
    needed = {role.key for role in member.roles} if verb.rule.within_authority else set()
    roles = [version.role_id for version in _versions(verb, at) if needed <= set(version.assignable_roles)]
    assignments = _assignments(roles, member.organization, at)
    rows = list(assignments.values_list("id", "membership__user_id", "all_sites"))
    sites = authorities.sites_of(row[0] for row in rows)
    able = {
        user
        for assignment, user, all_sites in rows
        if all_sites or _reaches_sites(verb, sites.get(assignment), member)
    }
    able |= staff_rights.holders(verb=verb, organization=member.organization, at=at)
    return able if verb.rule.allow_self else able - {member.user}


def assignments_with(
    *, verb: Verb, organization: uuid.UUID, at: dt.datetime, site: uuid.UUID | None = None
) -> dict[uuid.UUID, uuid.UUID]:
    """Find the assignments that allowed `verb` in this organization at `at`, each with its membership.

    With a site, those for all sites or for this one. One statement.
    """
    rows = _assignments(_versions(verb, at).values("role"), organization, at)
    if site is not None:
        here = Exists(AssignmentSite.objects.filter(assignment=OuterRef("pk"), site=site))
        rows = rows.filter(Q(all_sites=True) | here)
    return dict(rows.values_list("id", "membership_id"))


def _versions(verb: Verb, at: dt.datetime) -> QuerySet[RoleVersion]:
    return RoleVersion.objects.filter(InForce(at), verbs__contains=[verb.value])


def _assignments(
    roles: Collection[uuid.UUID] | QuerySet[Any, Any], organization: uuid.UUID, at: dt.datetime
) -> QuerySet[Assignment]:
    """Filter the assignments of these roles to active members of the organization."""
    active = memberships_queries.active(at=at).filter(organization=organization, user__is_active=True)
    return authorities.in_force(at).filter(organization=organization, role__in=roles, membership__in=active)


def _state_allowed(verb: Verb, member: MembershipState) -> bool:
    required = verb.rule.state
    return required is RequiredState.ANY or (required is RequiredState.ENDED) == (member.state == "ended")


def _reaches_sites(verb: Verb, sites: frozenset[uuid.UUID] | None, member: MembershipState) -> bool:
    own = sites or frozenset()
    theirs: set[uuid.UUID] = set().union(*(role.sites for role in member.roles))
    all_sites = any(role.all_sites for role in member.roles)
    if verb.rule.site_reach is SiteReach.OVERLAPS:
        return all_sites or bool(theirs & own)
    return bool(member.roles) and not all_sites and theirs <= own
