"""Staff rights are listed as they were in force in a time."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import F

from audit.foundation.actor import Actor
from audit.foundation.intervals import NotEnded
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.verbs import Verb
from delegation.staff import scope
from identity.people.models import User


@dataclass(frozen=True, slots=True)
class StaffRightView:
    """Describes a staff right. It is for the whole supplier where `unit` and `organization` are both empty."""

    id: uuid.UUID
    user: uuid.UUID
    name: str
    is_active: bool
    """Whether the user is not blocked now."""
    role: str
    unit: str
    organization: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    given_by: str
    """The name of the owner; empty for the system."""
    act: uuid.UUID
    """Its event holds the reason, encrypted."""
    row: StaffRight
    """What commands take."""


def rights_between(
    *, actor: Actor, begin: dt.datetime, end: dt.datetime, at: dt.datetime
) -> list[StaffRightView]:
    """List the rights that were in force at an instant from `begin` to before `end`, by name and beginning.

    The reader sees those within the own scope at `at`. Three statements, for any number of rights.
    """
    visible = scope.rights(actor=actor, verb=Verb.STAFF_RIGHT_VIEW, at=at)
    rows = visible.filter(NotEnded(begin), valid_from__lt=end).exclude(valid_until=F("valid_from"))
    rows = rows.select_related("user", "scope__unit", "scope__organization")
    found = list(rows.order_by("user__sort_key", "user", "valid_from", "id"))
    givers = {row.given_by for row in found}
    names = dict(User.all_directories.filter(id__in=givers).values_list("id", "name"))
    return [_view(row, names.get(row.given_by, "")) for row in found]


def _view(row: StaffRight, given_by: str) -> StaffRightView:
    return StaffRightView(
        id=row.id,
        user=row.user_id,
        name=row.user.name,
        is_active=row.user.is_active,
        role=row.role,
        unit=row.scope.unit.name if row.scope.unit else "",
        organization=row.scope.organization.name if row.scope.organization else "",
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        given_by=given_by,
        act=row.act,
        row=row,
    )
