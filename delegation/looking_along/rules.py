"""A look begins by a staff right, and ends with it."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor
from audit.foundation.intervals import InForce
from audit.models import Event
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.errors import NotFound
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.verbs import Verb
from identity.looks import queries as looks_queries
from identity.looks.models import Look
from identity.looks.queries import OpenLook
from identity.memberships.models import Membership

_AFTER_STOP = dt.timedelta(hours=4)


def rights_for(*, actor: Actor, organization: uuid.UUID, verb: Verb, at: dt.datetime) -> list[Authority]:
    """Return the authorities of this staff member that allow the verb in the organization."""
    own = authorities.authorities_of(actor=actor, at=at, organization=organization)
    return [authority for authority in own if verb.value in authority.verbs]


def open_look(*, look: uuid.UUID, at: dt.datetime) -> OpenLook | None:
    """Read a look that holds at `at`, with the staff right by which it began. Two statements at most."""
    found = looks_queries.open_look(look=look, at=at)
    return found if found and has_right(found, at=at) else None


def has_right(look: OpenLook, *, at: dt.datetime) -> bool:
    """Return whether the staff right by which the look began is in force. One statement."""
    return StaffRight.objects.filter(InForce(at), id=look.staff_right, user=look.staff_id).exists()


def has_stopped(*, member: Membership, at: dt.datetime) -> bool:
    """Return whether the person has stopped a look in the last hours: then the rule waits. One statement."""
    ended = Look.objects.filter(membership=member.id, begun_at__isnull=False, ended_at__gt=at - _AFTER_STOP)
    stops = Event.objects.filter(
        actor=member.user_id,
        verb=Verb.LOOK_END.value,
        outcome=Event.Outcome.DONE,
        at__in=ended.values("ended_at"),
    )
    return stops.exists()


def require_preparable(*, look: uuid.UUID, at: dt.datetime) -> OpenLook:
    """Return the open look. Raises NotFound for one that has ended, or that allows no preparing."""
    found = open_look(look=look, at=at)
    if found is None or found.mode != "prepare":
        raise NotFound
    return found
