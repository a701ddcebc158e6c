"""An exception is asked for once, ends within a year, and is accepted by a second person who does not benefit."""

import datetime as dt
import uuid

from django.db.models import Q

from audit.foundation.actor import Actor, ActorKind
from audit.foundation.intervals import InForce
from delegation.authorization import authorities
from delegation.authorization.errors import (
    AlreadyExists,
    Denied,
    DutyExceptionOver,
    InvalidInput,
    NotFound,
    OwnDutyException,
)
from delegation.authorization.models.duties import DutyConflict, DutyConflictVersion, DutyException
from delegation.authorization.verbs import Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership

LONGEST = dt.timedelta(days=366)
_STATE = DutyException.State
LIVE = (_STATE.OPEN, _STATE.ACCEPTED)


def require_person(actor: Actor) -> None:
    """Raise Denied for a program: two programs of one person are no second person."""
    if actor.kind not in (ActorKind.PERSON, ActorKind.STAFF):
        raise Denied(reason="no_permission")


def require_conflict(conflict: uuid.UUID, *, at: dt.datetime) -> DutyConflict:
    """Return the conflict in force of this id. Raises NotFound."""
    versions = DutyConflictVersion.objects.filter(InForce(at), conflict=conflict)
    version = versions.select_related("conflict").first()
    if version is None:
        raise NotFound
    return version.conflict


def check_end(until: dt.datetime, *, at: dt.datetime) -> None:
    """Raise InvalidInput for an end that is past, or more than a year ahead."""
    if until <= at:
        raise InvalidInput(field="until", problem="past")
    if until > at + LONGEST:
        raise InvalidInput(field="until", problem="too_late")


def require_none_open(membership: uuid.UUID, conflict: DutyConflict, *, at: dt.datetime) -> None:
    """Raise AlreadyExists while another request about the same waits. Call it under the lock."""
    rows = DutyException.objects.filter(membership=membership, conflict=conflict, state=_STATE.OPEN)
    if rows.filter(valid_until__gt=at).exists():
        raise AlreadyExists(field="duty_exception")


def require_open(row: DutyException, *, at: dt.datetime) -> None:
    """Raise DutyExceptionOver unless it waits."""
    if row.state != _STATE.OPEN or row.valid_until <= at:
        raise DutyExceptionOver(state=row.state)


def require_live(row: DutyException, *, at: dt.datetime) -> None:
    """Raise DutyExceptionOver where nothing can be closed any more."""
    if row.state not in LIVE or row.valid_until <= at:
        raise DutyExceptionOver(state=row.state)


def require_second_person(row: DutyException, *, actor: Actor, at: dt.datetime) -> None:
    """Raise OwnDutyException for the person who asked, and Denied for staff where the customer has a second admin.

    The one who benefits is refused by the policy, and by the database.
    """
    if actor.id in (row.requested_by, row.person):
        raise OwnDutyException
    if actor.kind is ActorKind.STAFF and has_second_admin(row, at=at):
        raise Denied(reason="not_your_turn")


def has_second_admin(row: DutyException, *, at: dt.datetime) -> bool:
    """Answer whether a colleague can accept it: not the one who asked, nor the one who benefits. Two statements."""
    roles = [
        version.role_id
        for version in authorities.versions(at).values()
        if Verb.DUTY_EXCEPTION_ACCEPT.value in version.verbs
    ]
    holders = authorities.in_force(at).filter(
        organization=row.organization_id, role__in=roles, all_sites=True
    )
    active = memberships_queries.active(at=at).filter(
        kind=Membership.Kind.PERSON, user__is_active=True, id__in=holders.values("membership")
    )
    return active.exclude(Q(user=row.person) | Q(user=row.requested_by)).exists()
