"""Which rows may this actor see, or do this to? The same answer as `policy`, as querysets."""

import datetime as dt
import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.foundation.actor import Actor
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.models.assignments import Assignment, AssignmentSite
from delegation.authorization.verbs import Reach, State, Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization

_PRESENT = [MembershipPeriod.State.ACTIVE, MembershipPeriod.State.SUSPENDED]


def organizations(*, actor: Actor, at: dt.datetime) -> QuerySet[Organization]:
    """Where this person is an active member."""
    return Organization.objects.filter(
        memberships__in=memberships_queries.active(at=at).filter(user=actor.id)
    )


def colleagues(
    *, actor: Actor, verb: Verb, at: dt.datetime, organization: uuid.UUID | None = None
) -> QuerySet[Membership]:
    """The memberships that this actor may do `verb` to at `at`."""
    allowed = Q(pk__in=[])
    for power in authorities.authorities_of(actor=actor, at=at, organization=organization):
        if verb.value in power.verbs:
            allowed |= _reached(power, verb, at)
    rows = Membership.objects.filter(allowed, organization__status=Organization.Status.ACTIVE)
    if verb.rule.state is not State.ANY:
        present = memberships_queries.in_state(at=at, states=_PRESENT)
        rows = rows.filter(present) if verb.rule.state is State.PRESENT else rows.filter(~present)
    return rows if verb.rule.allow_self else rows.exclude(user=actor.id)


def _reached(power: Authority, verb: Verb, at: dt.datetime) -> Q:
    given = authorities.in_force(at).filter(membership=OuterRef("pk"))
    reached = Q(organization=power.organization)
    if not power.all_sites:
        reached &= _in_sites(power, verb.rule.reach, given)
    if verb.rule.within_authority:
        reached &= ~Q(Exists(given.exclude(role__key__in=power.gives)))
    return reached


def _in_sites(power: Authority, reach: Reach, given: QuerySet[Assignment]) -> Q:
    places = AssignmentSite.objects.filter(assignment=OuterRef("pk"))
    inside = Exists(places.filter(site__in=power.sites))
    if reach is Reach.TOUCH:
        return Q(Exists(given.filter(Q(all_sites=True) | inside)))
    outside = Exists(places.exclude(site__in=power.sites))
    return Q(Exists(given)) & ~Q(Exists(given.filter(Q(all_sites=True) | outside)))
