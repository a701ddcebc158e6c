"""The people who could do a verb to a member at an instant follow from the decisions of `policy`."""

import datetime as dt
import uuid

from django.db.models import QuerySet

from audit.foundation.intervals import InForce
from delegation.authorization import authorities, staff_rights
from delegation.authorization.authorities import MembershipState
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.verbs import RequiredState, SiteReach, Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership


def who_could(*, verb: Verb, membership: uuid.UUID, at: dt.datetime) -> set[uuid.UUID]:
    """Find the users who could do `verb` to this member at `at`, by id."""
    member = authorities.membership_states(ids=[membership], at=at).get(membership)
    if member is None or not member.organization_in_force or not _state_allowed(verb, member):
        return set()
    needed = {role.key for role in member.roles} if verb.rule.within_authority else set()
    roles = [
        version.role_id
        for version in RoleVersion.objects.filter(InForce(at), verbs__contains=[verb.value])
        if needed <= set(version.assignable_roles)
    ]
    assignments = authorities.in_force(at).filter(role__in=roles, membership__in=_acting_members(member, at))
    rows = list(assignments.values_list("id", "membership__user_id", "all_sites"))
    sites = authorities.sites_of(row[0] for row in rows)
    able = {
        user
        for assignment, user, all_sites in rows
        if all_sites or _reaches_sites(verb, sites.get(assignment), member)
    }
    able |= staff_rights.holders(verb=verb, organization=member.organization, at=at)
    return able if verb.rule.allow_self else able - {member.user}


def _acting_members(member: MembershipState, at: dt.datetime) -> QuerySet[Membership]:
    active = memberships_queries.active(at=at)
    return active.filter(organization=member.organization, user__is_active=True)


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
