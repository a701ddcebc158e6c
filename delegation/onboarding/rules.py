"""A customer is onboarded once in a business unit, and the supplier invites its first admins only."""

import uuid
from collections.abc import Collection

from django.db.models import Q

from delegation.authorization.errors import AlreadyExists, HasMembers
from delegation.organizations.new_organization import NewOrganization
from identity.memberships.models import Membership
from identity.organizations.models import CustomerNumber, Organization


def conflicts(*, new: NewOrganization, units: Collection[uuid.UUID]) -> list[str]:
    """List the fields whose value an organization has: the key anywhere, the rest in these business units.

    An organization of other units is not looked at, so that no answer is about it. Three statements at most.
    """
    found = []
    if Organization.objects.filter(key=new.key).exists():
        found.append("key")
    in_units = CustomerNumber.objects.filter(unit__in=units)
    same_id = Organization.objects.filter(register_id=new.register_id, pk__in=in_units.values("organization"))
    if new.register_id and same_id.exists():
        found.append("register_id")
    numbers = Q(pk__in=[])
    for unit, number in new.numbers.items():
        numbers |= Q(unit__key=unit, number=number)
    if new.numbers and CustomerNumber.objects.filter(numbers).exists():
        found.append("number")
    return found


def require_new(*, new: NewOrganization, units: Collection[uuid.UUID]) -> None:
    """Raise AlreadyExists with the first field of `conflicts`."""
    for field in conflicts(new=new, units=units):
        raise AlreadyExists(field=field)


def has_members(*, organization: uuid.UUID) -> bool:
    """Return whether a person is or was a member; staff invite no first admin then. One statement."""
    return Membership.objects.filter(organization=organization).exists()


def require_no_member(*, organization: uuid.UUID) -> None:
    """Raise HasMembers for an organization that has or had one. One statement."""
    if has_members(organization=organization):
        raise HasMembers
