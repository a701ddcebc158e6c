"""A scope is the decision of the policy as a queryset: the invitations that an actor may see, resend or cancel."""

import datetime as dt
import uuid

from django.db.models import Q, QuerySet

from audit.foundation.actor import Actor, ActorKind
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb
from delegation.invitations.models import Invitation
from identity.organizations.models import Site
from identity.service_users import queries as service_users_queries


def pending(*, actor: Actor, verb: Verb, at: dt.datetime, organization: uuid.UUID) -> QuerySet[Invitation]:
    """Filter the open invitations that this actor may resend or cancel: those that the actor could have sent."""
    return open_among(visible(actor=actor, verb=verb, at=at, organization=organization))


def open_among(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Filter those that were neither accepted nor cancelled; expired ones are among them."""
    return rows.filter(accepted_at=None, cancelled_at=None)


def visible(*, actor: Actor, verb: Verb, at: dt.datetime, organization: uuid.UUID) -> QuerySet[Invitation]:
    """Add the accepted and cancelled invitations, which the actor may still see."""
    allowed = Q(pk__in=[])
    for authority in authorities.authorities_of(actor=actor, at=at, organization=organization):
        if verb.value in authority.verbs:
            allowed |= _assignable_by(authority)
    return Invitation.objects.filter(allowed)


def of_supplier() -> Q:
    """Match the supplier's invitations: those of staff and their programs (ADR 24), and of the system."""
    kinds = (ActorKind.STAFF, ActorKind.STAFF_SERVICE, ActorKind.SYSTEM)
    return Q(invited_by_kind__in=[kind.value for kind in kinds])


def sent_by(actor: Actor) -> Q:
    """Match what this actor sent. The system sends for the supplier, and all programs of a person send for that person.

    Otherwise the limits of one person would grow with the person's programs.
    """
    if actor.kind is ActorKind.SYSTEM:
        return of_supplier()
    programs = service_users_queries.of_owner(user=actor.responsible)
    return Q(invited_by=actor.responsible) | Q(invited_by__in=programs)


def _assignable_by(authority: Authority) -> Q:
    condition = authorities.reach(authority=authority) & Q(role__key__in=authority.assignable_roles)
    if authority.all_sites:
        return condition
    outside = Site.objects.filter(organization=authority.organization).exclude(id__in=authority.sites)
    return condition & Q(all_sites=False) & ~Q(sites__in=outside)
