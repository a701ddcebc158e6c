"""Which invitations may this actor see, resend or cancel? The same answer as the policy, as querysets."""

import datetime as dt
import uuid

from django.db.models import Q, QuerySet

from audit.foundation.actor import Actor
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb
from delegation.invitations.models import Invitation
from identity.organizations.models import Site


def pending(*, actor: Actor, verb: Verb, at: dt.datetime, organization: uuid.UUID) -> QuerySet[Invitation]:
    """Open invitations that this actor may resend or cancel: those that they could have sent."""
    ever = visible(actor=actor, verb=verb, at=at, organization=organization)
    return ever.filter(accepted_at=None, cancelled_at=None)


def visible(*, actor: Actor, verb: Verb, at: dt.datetime, organization: uuid.UUID) -> QuerySet[Invitation]:
    """The same with those that are accepted or cancelled: seen, though nothing can be done to them."""
    allowed = Q(pk__in=[])
    for power in authorities.authorities_of(actor=actor, at=at, organization=organization):
        if verb.value in power.verbs:
            allowed |= _invited(power)
    return Invitation.objects.filter(allowed)


def _invited(power: Authority) -> Q:
    reached = Q(organization=power.organization, role__key__in=power.gives)
    if power.all_sites:
        return reached
    outside = Site.objects.filter(organization=power.organization).exclude(id__in=power.sites)
    return reached & Q(all_sites=False) & ~Q(sites__in=outside)
