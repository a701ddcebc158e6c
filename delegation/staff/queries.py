"""Staff rights are listed as they were in force in a time, and those who may receive one."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import F

from audit.foundation.actor import Actor
from audit.foundation.intervals import NotEnded
from delegation.authorization import scopes
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.verbs import Verb
from delegation.staff import rules, scope
from identity.organizations import queries as organizations_queries
from identity.organizations.models import BusinessUnit
from identity.organizations.queries import OrganizationView
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


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Describes a staff user who may receive a right; `since` is the first sign-in."""

    id: uuid.UUID
    name: str
    since: dt.datetime
    row: User
    """What commands take."""


def staff_members() -> list[StaffMember]:
    """List the staff users who have signed in by the company's sign-in and are not blocked, by name. One statement."""
    rows = User.all_directories.filter(
        directory=User.Directory.STAFF, is_active=True, staff_identity__isnull=False
    ).exclude(rules.BREAK_GLASS)
    return [StaffMember(row.pk, row.name, row.created_at, row) for row in rows.order_by("sort_key", "pk")]


@dataclass(frozen=True, slots=True)
class UnitView:
    """Names a business unit that a right may be for."""

    name: str
    row: BusinessUnit
    """What commands take."""


def business_units() -> dict[str, UnitView]:
    """Return the business units by key, in the order of their names. One statement."""
    return {unit.key: UnitView(unit.name, unit) for unit in BusinessUnit.objects.order_by("name", "key")}


def customer(*, actor: Actor, at: dt.datetime, key: str) -> OrganizationView | None:
    """Find the customer with this key among those that the actor may give rights for. Two statements."""
    covered = scopes.organizations(actor=actor, verb=Verb.STAFF_RIGHT_GIVE, at=at)
    row = covered.filter(key=key).first()
    return organizations_queries.view_of(row) if row else None


def lasting_owner_exists(*, at: dt.datetime) -> bool:
    """Return whether a user who is not blocked is an owner of everything without end. One statement."""
    return rules.has_lasting_owner(at=at)


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
