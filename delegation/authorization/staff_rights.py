"""The rights of the supplier's staff are read from their intervals and from guardian's projection of them."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.foundation.intervals import InForce
from delegation.authorization import staff_roles
from delegation.authorization.models.staff import StaffPermission, StaffRight
from delegation.authorization.verbs import Verb
from identity.organizations.models import CustomerNumber
from identity.people.models import User

WHOLE_SUPPLIER = Q(scope__unit__isnull=True, scope__organization__isnull=True)
_PROJECTED = Exists(
    StaffPermission.objects.filter(
        user=OuterRef("user"), content_object=OuterRef("scope"), permission__codename=OuterRef("role")
    )
)


@dataclass(frozen=True, slots=True)
class ScopedRight:
    """Describes a right in force. It is for the whole supplier where it names neither unit nor organization."""

    id: uuid.UUID
    role: str
    unit: uuid.UUID | None
    organization: uuid.UUID | None
    valid_until: dt.datetime | None


def rights_of(
    *, user: uuid.UUID, roles: Collection[str], at: dt.datetime, organization: uuid.UUID | None = None
) -> list[ScopedRight]:
    """Read this staff member's rights that are in force and have one of these roles. One statement.

    With an organization, only those that cover it.
    """
    rows = StaffRight.objects.filter(
        InForce(at),
        _PROJECTED,
        user=user,
        user__is_active=True,
        user__directory=User.Directory.STAFF,
        role__in=roles,
    )
    if organization is not None:
        rows = rows.filter(_covering(organization))
    columns = ("id", "role", "scope__unit", "scope__organization", "valid_until")
    return [ScopedRight(*row) for row in rows.order_by("valid_from", "id").values_list(*columns)]


def holders(*, verb: Verb, organization: uuid.UUID, at: dt.datetime) -> set[uuid.UUID]:
    """Find the staff users with a right in force at `at` that allows the verb there, by id. One statement.

    Sessions and the projection are of the present: neither is asked about another instant.
    """
    able = _rights_with(verb, organization, at).filter(user__is_active=True)
    return set(able.values_list("user", flat=True))


@dataclass(frozen=True, slots=True)
class StaffHolder:
    """Describes a staff right that allowed a verb, with its holder's name."""

    name: str
    role: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None


def named_holders(*, verb: Verb, organization: uuid.UUID, at: dt.datetime) -> list[StaffHolder]:
    """List the staff rights in force at `at` that allow the verb there, by name. One statement.

    Who is blocked now had the right on a day before.
    """
    columns = ("user__name", "role", "valid_from", "valid_until")
    rows = _rights_with(verb, organization, at).order_by("user__name", "valid_from")
    return [StaffHolder(*row) for row in rows.values_list(*columns)]


def _rights_with(verb: Verb, organization: uuid.UUID, at: dt.datetime) -> QuerySet[StaffRight]:
    return StaffRight.objects.filter(
        InForce(at), _covering(organization), role__in=staff_roles.with_verb(verb)
    )


def units_of(*, organizations: Collection[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Read the business units in which each organization has a customer number. One statement."""
    units: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    numbers = CustomerNumber.objects.filter(organization__in=organizations)
    for organization, unit in numbers.values_list("organization", "unit"):
        units[organization].add(unit)
    return {organization: frozenset(units[organization]) for organization in organizations}


def _covering(organization: uuid.UUID) -> Q:
    units = CustomerNumber.objects.filter(organization=organization).values("unit")
    return WHOLE_SUPPLIER | Q(scope__organization=organization) | Q(scope__unit__in=units)
