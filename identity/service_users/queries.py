"""Service users are read with what holds of them at an instant."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Coalesce

from audit.foundation import db
from identity.people.models import User
from identity.service_users.models import ServiceUser


@dataclass(frozen=True, slots=True)
class ServiceUserInForce:
    """Describes a service user in force, with the person who owns it."""

    id: uuid.UUID
    name: str
    owner: uuid.UUID
    """The user whose authorities it has."""
    organization: uuid.UUID | None
    """None for one that staff own."""
    scopes: frozenset[str]
    staff_roles: frozenset[str] = frozenset()
    """Of one that staff own: the roles that its owner's last sign-in allowed."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Describes how a service user authenticates, without the secrets and the address of the keys."""

    has_keys: bool
    """Whether it authenticates by keys of its own, and by no secret."""
    former_until: dt.datetime | None
    """Until when the replaced secret is accepted, which may be over; None where none was kept."""
    token_at: dt.datetime | None
    """When it last got a token, as far as tokens are kept: at least `service_tokens.RETENTION`."""


COLUMNS = "s.id, s.name, s.owner_user_id, s.organization_id, s.scopes, s.staff_roles"
_IN_FORCE = f"SELECT {COLUMNS} FROM identity_service_user_at(%(at)s) s WHERE s.id = %(id)s AND s.in_force"  # noqa: S608

_NAMES = """
SELECT s.name FROM identity_service_user_at(%(at)s) s WHERE s.owner_id = ANY(%(owners)s) AND s.in_force ORDER BY s.name
"""
_COUNT = """
SELECT count(*) FROM identity_service_user_at(%(at)s) s WHERE s.organization_id = %(organization)s AND s.in_force
"""
_COUNT_OF_STAFF = """
SELECT count(*) FROM identity_service_user_at(%(at)s) s WHERE s.organization_id IS NULL AND s.in_force
"""


def names_in_force(*, owners: Collection[uuid.UUID], at: dt.datetime) -> list[str]:
    """Read the names of the service users in force that these memberships own, in order. One statement."""
    return [name for (name,) in db.fetch_all(_NAMES, {"owners": list(owners), "at": at})]


def count_in_force(*, organization: uuid.UUID, at: dt.datetime) -> int:
    """Count the service users of an organization that are in force. One statement."""
    (count,) = db.fetch_only(_COUNT, {"organization": organization, "at": at})
    return int(count)


def count_of_staff(*, at: dt.datetime) -> int:
    """Count the service users in force that staff own. One statement."""
    (count,) = db.fetch_only(_COUNT_OF_STAFF, {"at": at})
    return int(count)


def in_force(*, service_user: uuid.UUID, at: dt.datetime) -> ServiceUserInForce | None:
    """Read a service user that is in force at `at`; None for another id. One statement."""
    row = db.fetch_one(_IN_FORCE, {"id": service_user, "at": at})
    return None if row is None else from_row(row)


def owner_of(*, service_user: uuid.UUID) -> uuid.UUID | None:
    """Return the user who owns this service user, also an ended one. One statement."""
    owner = Coalesce("owner__user", "staff_owner")
    return ServiceUser.objects.filter(id=service_user).values_list(owner, flat=True).first()


def of_owner(*, user: uuid.UUID) -> QuerySet[ServiceUser, uuid.UUID]:
    """Return the ids of the service users of a person or a staff member, ended ones too, for a condition."""
    return ServiceUser.objects.filter(Q(owner__user=user) | Q(staff_owner=user)).values_list("id", flat=True)


def credentials(*, service_users: Collection[uuid.UUID]) -> dict[uuid.UUID, Credential]:
    """Read how each of these service users authenticates. One statement."""
    rows = ServiceUser.objects.filter(id__in=service_users).annotate(token_at=Max("tokens__issued_at"))
    found = rows.values_list("id", "jwks_uri", "former_secret_until", "token_at")
    return {row: Credential(bool(keys), until, token_at) for row, keys, until, token_at in found}


def name_of(*, service_user: uuid.UUID) -> str:
    """Return the name of this service user. One statement. Raises User.DoesNotExist."""
    return User.all_directories.values_list("name", flat=True).get(id=service_user)


def from_row(row: tuple[uuid.UUID, str, uuid.UUID, uuid.UUID | None, str, str | None]) -> ServiceUserInForce:
    """Build a service user from a row of COLUMNS."""
    service_user, name, owner, organization, scopes, roles = row
    return ServiceUserInForce(
        service_user, name, owner, organization, frozenset(scopes.split()), frozenset((roles or "").split())
    )
