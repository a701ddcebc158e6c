"""An organization's service users are listed with their owners, as far as the reader sees these."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from audit.foundation import db
from audit.foundation.actor import Actor
from delegation.authorization import scopes as authorized_scopes
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from identity.memberships.models import SHOWN_NAME, Membership
from identity.people.models import User
from identity.service_users.models import ServiceUser


@dataclass(frozen=True, slots=True)
class ServiceUserView:
    """Describes a service user; `in_force` is false after its end, and after its owner has left."""

    id: uuid.UUID
    name: str
    owner: uuid.UUID
    """The owner's membership; the user of one that staff own."""
    owner_name: str
    """Empty for a reader who may not see the owner."""
    scopes: tuple[str, ...]
    valid_from: dt.datetime
    valid_until: dt.datetime
    in_force: bool


_MOST = 500
_SERVICE_USERS = """
SELECT s.id, s.name, s.owner_id, s.scopes, s.valid_from, s.valid_until, s.in_force
FROM identity_service_user_at(%(at)s) s
WHERE s.organization_id = %(organization)s ORDER BY s.in_force DESC, s.valid_from DESC, s.id LIMIT %(most)s
"""


def service_users(
    *, organization: uuid.UUID, at: dt.datetime, actor: Actor | None = None
) -> list[ServiceUserView]:
    """List the service users of an organization, ended ones too, up to 500: those in force first, the newest first.

    Two statements; three with an actor, who reads the names of the owners that they may see.
    """
    rows = db.fetch_all(_SERVICE_USERS, {"organization": organization, "at": at, "most": _MOST})
    owners = Membership.objects.all()
    if actor is not None:
        owners = authorized_scopes.memberships(
            actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=organization
        )
    named = owners.filter(id__in={row[2] for row in rows}).annotate(person_name=SHOWN_NAME)
    names = dict(named.values_list("id", "person_name"))
    return [
        ServiceUserView(row_id, name, owner, names.get(owner, ""), tuple(scopes.split()), *interval)
        for row_id, name, owner, scopes, *interval in rows
    ]


@dataclass(frozen=True, slots=True)
class ExpiringServiceUser:
    """Describes a service user whose secret ends soon, with its owner."""

    id: uuid.UUID
    name: str
    valid_until: dt.datetime
    organization: uuid.UUID
    email: str
    language: str


_EXPIRING = """
SELECT s.id, s.name, s.valid_until, s.organization_id, m.email, m.language
FROM identity_service_user_at(%(at)s) s JOIN identity_membership_at(%(at)s) m ON m.id = s.owner_id
WHERE s.in_force AND m.in_force AND s.valid_until <= %(until)s AND s.id <> ALL(%(notified)s::uuid[])
ORDER BY s.valid_until, s.id LIMIT %(most)s
"""


def expiring(
    *, at: dt.datetime, until: dt.datetime, notified: Collection[uuid.UUID]
) -> list[ExpiringServiceUser]:
    """List members' service users in force whose secret ends by `until`, in this order, up to 500. One statement.

    Without those in `notified`.
    """
    rows = db.fetch_all(_EXPIRING, {"at": at, "until": until, "most": _MOST, "notified": list(notified)})
    return [ExpiringServiceUser(*row) for row in rows]


_EXPIRING_OF_STAFF = """
SELECT s.id, s.name, s.valid_until, s.owner_user_id FROM identity_service_user_at(%(at)s) s
WHERE s.organization_id IS NULL AND s.in_force AND s.valid_until <= %(until)s AND s.id <> ALL(%(notified)s::uuid[])
ORDER BY s.valid_until, s.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class ExpiringStaffProgram:
    """Describes a service user of staff whose secret ends soon; `contact` may be empty."""

    id: uuid.UUID
    name: str
    valid_until: dt.datetime
    contact: str
    language: str


def expiring_of_staff(
    *, at: dt.datetime, until: dt.datetime, notified: Collection[uuid.UUID]
) -> list[ExpiringStaffProgram]:
    """List the service users that staff own as `expiring` does. One statement, two where there is one.

    There are 50 in force at most, so those without a contact hold back no other.
    """
    values = {"at": at, "until": until, "most": _MOST, "notified": list(notified)}
    rows = db.fetch_all(_EXPIRING_OF_STAFF, values)
    owners = User.all_directories.in_bulk({row[3] for row in rows}) if rows else {}
    return [
        ExpiringStaffProgram(row_id, name, valid_until, owners[owner].contact, owners[owner].language)
        for row_id, name, valid_until, owner in rows
    ]


_OF_STAFF = """
SELECT s.id, s.name, s.owner_user_id, s.scopes, s.valid_from, s.valid_until, s.in_force
FROM identity_service_user_at(%(at)s) s
WHERE s.organization_id IS NULL AND (%(owner)s::uuid IS NULL OR s.owner_user_id = %(owner)s)
ORDER BY s.in_force DESC, s.valid_from DESC, s.id LIMIT %(most)s
"""


def of_staff(*, at: dt.datetime, owner: uuid.UUID | None = None) -> list[ServiceUserView]:
    """List the service users that staff own, or this one of them, those in force first. Two statements.

    `owner` of the rows is the staff member.
    """
    rows = db.fetch_all(_OF_STAFF, {"at": at, "owner": owner, "most": _MOST})
    owners = User.all_directories.filter(pk__in={row[2] for row in rows})
    names = dict(owners.values_list("pk", "name"))
    return [
        ServiceUserView(row_id, name, owner_id, names[owner_id], tuple(scopes.split()), *interval)
        for row_id, name, owner_id, scopes, *interval in rows
    ]


def for_command(*, service_user: uuid.UUID) -> ServiceUser:
    """Read a service user as the subject of a command. Raises NotFound."""
    row = ServiceUser.objects.select_related("staff_owner").filter(id=service_user).first()
    if row is None:
        raise NotFound
    return row
