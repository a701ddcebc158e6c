"""Staff and their programs see the applications of the business units that the staff rights are for."""

import datetime as dt

from django.db.models import QuerySet

from audit.foundation.actor import Actor, ActorKind
from delegation.authorization import authorities
from delegation.authorization.verbs import Verb
from identity.clients.models import Application
from identity.organizations.models import BusinessUnit


def units(*, actor: Actor, verb: Verb, at: dt.datetime) -> QuerySet[BusinessUnit]:
    """Filter the business units for whose applications this staff member or program may do `verb`.

    All for the system, none for other actors. Two statements for the rights at most.
    A right for one organization covers no application.
    """
    if actor.kind is ActorKind.SYSTEM:
        return BusinessUnit.objects.all()
    if not actor.is_of_supplier:
        return BusinessUnit.objects.none()
    own = [
        authority
        for authority in authorities.authorities_of(actor=actor, at=at)
        if verb.value in authority.verbs
    ]
    if any(authority.is_for_all for authority in own):
        return BusinessUnit.objects.all()
    return BusinessUnit.objects.filter(id__in={authority.unit for authority in own if authority.unit})


def applications(*, actor: Actor, verb: Verb, at: dt.datetime) -> QuerySet[Application]:
    """Filter the applications to which this actor may do `verb` at `at`. Statements as `units`."""
    return Application.objects.filter(unit__in=units(actor=actor, verb=verb, at=at))
