"""An actor may see and manage the staff rights within the own scope."""

import datetime as dt

from django.db.models import Q, QuerySet

from audit.foundation.actor import Actor, ActorKind
from delegation.authorization import authorities
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.verbs import Verb


def rights(*, actor: Actor, verb: Verb, at: dt.datetime) -> QuerySet[StaffRight]:
    """Filter the rights for scopes that the actor's own rights with this verb cover. One statement before its own."""
    allowed = Q(pk__in=[])
    if actor.kind is ActorKind.STAFF:
        for authority in authorities.authorities_of(actor=actor, at=at):
            if verb.value in authority.verbs:
                covered = authorities.reach(authority=authority, field="scope__organization")
                own_unit = Q(scope__unit=authority.unit) if authority.unit else Q(pk__in=[])
                allowed |= Q(pk__isnull=False) if authority.is_for_all else covered | own_unit
    return StaffRight.objects.filter(allowed)
