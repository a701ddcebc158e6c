"""A scope is the decision of `policy` as a queryset: the rows that an actor may see or act on."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.foundation.actor import Actor
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.models.assignments import Assignment, AssignmentSite
from delegation.authorization.verbs import On, RequiredState, SiteReach, Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization

_STATUS = Organization.Status
_PRESENT = [MembershipPeriod.State.ACTIVE, MembershipPeriod.State.SUSPENDED]


def memberships(
    *, actor: Actor, verb: Verb, at: dt.datetime, organization: uuid.UUID | None = None
) -> QuerySet[Membership]:
    """Filter the memberships to which this actor may do `verb` at `at`."""
    own = authorities.authorities_of(actor=actor, at=at, organization=organization)
    return memberships_within(own=own, actor=actor, verb=verb, at=at)


def memberships_within(
    *, own: Iterable[Authority], actor: Actor, verb: Verb, at: dt.datetime
) -> QuerySet[Membership]:
    """Filter the memberships to which these authorities of the actor allow `verb` at `at`."""
    allowed = Q(pk__in=[])
    for authority in own:
        if verb.value in authority.verbs:
            allowed |= _within(authority, verb, at)
    # A suspended organization is read by the supplier's staff, and nothing else is done in it.
    open_ones = [_STATUS.ACTIVE, _STATUS.SUSPENDED] if verb.rule.reading else [_STATUS.ACTIVE]
    rows = Membership.objects.filter(allowed, organization__status__in=open_ones)
    if verb.rule.state is not RequiredState.ANY:
        present = memberships_queries.in_state(at=at, states=_PRESENT)
        rows = rows.filter(present) if verb.rule.state is RequiredState.PRESENT else rows.filter(~present)
    return rows if verb.rule.allow_self else rows.exclude(user__in=actor.own_users)


def organizations(*, actor: Actor, verb: Verb, at: dt.datetime) -> QuerySet[Organization]:
    """Filter the organizations where this actor may do `verb` at `at`; verbs of the supplier are for staff only."""
    if verb.rule.on is On.SUPPLIER and not actor.is_of_supplier:
        return Organization.objects.none()
    return organizations_within(own=authorities.authorities_of(actor=actor, at=at), verb=verb)


def organizations_within(*, own: Iterable[Authority], verb: Verb) -> QuerySet[Organization]:
    """Filter the organizations where these authorities allow `verb`."""
    allowed = Q(pk__in=[])
    for authority in own:
        if verb.value in authority.verbs and (authority.all_sites or not verb.rule.all_sites):
            allowed |= authorities.reach(authority=authority, field="pk")
    return Organization.objects.filter(allowed)


def _within(authority: Authority, verb: Verb, at: dt.datetime) -> Q:
    assignments = authorities.in_force(at).filter(membership=OuterRef("pk"))
    condition = authorities.reach(authority=authority)
    if not authority.all_sites:
        condition &= _in_sites(authority, verb.rule.site_reach, assignments)
    if verb.rule.within_authority:
        condition &= ~Q(Exists(assignments.exclude(role__key__in=authority.assignable_roles)))
    return condition


def _in_sites(authority: Authority, reach: SiteReach, assignments: QuerySet[Assignment]) -> Q:
    sites = AssignmentSite.objects.filter(assignment=OuterRef("pk"))
    if reach is SiteReach.OVERLAPS:
        inside = Exists(sites.filter(site__in=authority.sites))
        return Q(Exists(assignments.filter(Q(all_sites=True) | inside)))
    outside = Exists(sites.exclude(site__in=authority.sites))
    return Q(Exists(assignments)) & ~Q(Exists(assignments.filter(Q(all_sites=True) | outside)))
