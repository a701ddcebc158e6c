"""Which rows may this actor see, or do this to? The same answer as `policy`, as querysets."""

import datetime as dt
import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.actor import Actor
from delegation import powers
from delegation.models import Assignment, AssignmentSite, Invitation
from delegation.powers import Authority
from delegation.verbs import Reach, State, Verb
from identity import memberships
from identity.models import Membership, MembershipPeriod, Organization, Site

_PRESENT = [MembershipPeriod.State.ACTIVE, MembershipPeriod.State.SUSPENDED]


def organizations(*, actor: Actor, at: dt.datetime) -> QuerySet[Organization]:
    """Where this person is an active member."""
    return Organization.objects.filter(memberships__in=memberships.active(at=at).filter(user=actor.id))


def colleagues(
    *, actor: Actor, verb: Verb, at: dt.datetime, organization: uuid.UUID | None = None
) -> QuerySet[Membership]:
    """The memberships that this actor may do `verb` to at `at`."""
    allowed = Q(pk__in=[])
    for power in powers.authorities_of(actor=actor, at=at, organization=organization):
        if verb.value in power.verbs:
            allowed |= _reached(power, verb, at)
    rows = Membership.objects.filter(allowed, organization__status=Organization.Status.ACTIVE)
    if verb.rule.state is not State.ANY:
        present = memberships.in_state(at=at, states=_PRESENT)
        rows = rows.filter(present) if verb.rule.state is State.PRESENT else rows.filter(~present)
    return rows if verb.rule.on_self else rows.exclude(user=actor.id)


def _reached(power: Authority, verb: Verb, at: dt.datetime) -> Q:
    given = powers.in_force(at).filter(membership=OuterRef("pk"))
    reached = Q(organization=power.organization)
    if not power.all_sites:
        reached &= _in_sites(power, verb.rule.reach, given)
    if verb.rule.within_gift:
        reached &= ~Q(Exists(given.exclude(role__key__in=power.gives)))
    return reached


def _in_sites(power: Authority, reach: Reach, given: QuerySet[Assignment]) -> Q:
    places = AssignmentSite.objects.filter(assignment=OuterRef("pk"))
    inside = Exists(places.filter(site__in=power.sites))
    if reach is Reach.TOUCH:
        return Q(Exists(given.filter(Q(all_sites=True) | inside)))
    outside = Exists(places.exclude(site__in=power.sites))
    return Q(Exists(given)) & ~Q(Exists(given.filter(Q(all_sites=True) | outside)))


def invitations(
    *, actor: Actor, verb: Verb, at: dt.datetime, organization: uuid.UUID
) -> QuerySet[Invitation]:
    """Open invitations that this actor may resend or cancel: those that they could have sent."""
    ever = invitations_ever(actor=actor, verb=verb, at=at, organization=organization)
    return ever.filter(accepted_at=None, cancelled_at=None)


def invitations_ever(
    *, actor: Actor, verb: Verb, at: dt.datetime, organization: uuid.UUID
) -> QuerySet[Invitation]:
    """The same with those that are accepted or cancelled: seen, though nothing can be done to them."""
    allowed = Q(pk__in=[])
    for power in powers.authorities_of(actor=actor, at=at, organization=organization):
        if verb.value in power.verbs:
            allowed |= _invited(power)
    return Invitation.objects.filter(allowed)


def _invited(power: Authority) -> Q:
    reached = Q(organization=power.organization, role__key__in=power.gives)
    if power.all_sites:
        return reached
    outside = Site.objects.filter(organization=power.organization).exclude(id__in=power.sites)
    return reached & Q(all_sites=False) & ~Q(sites__in=outside)
