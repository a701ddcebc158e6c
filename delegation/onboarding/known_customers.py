"""A file of customers is compared with those that exist, in a constant number of statements."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from delegation.invitations import scope
from delegation.invitations.models import Invitation
from delegation.onboarding.new_customer import ADMIN_ROLE
from identity.organizations.models import CustomerNumber, Organization


@dataclass(frozen=True, slots=True)
class KnownCustomers:
    """Says which values of customers to onboard others have: numbers and business IDs by unit, and keys anywhere."""

    numbers: Mapping[tuple[uuid.UUID, str], tuple[str, str]]
    """Key and name of the customer with this number."""
    register_ids: Mapping[tuple[uuid.UUID, str], str]
    """Name of the customer with this business ID."""
    keys: frozenset[str]


def load(
    *,
    units: Collection[uuid.UUID],
    numbers: Collection[str],
    register_ids: Collection[str],
    stems: Collection[str],
) -> KnownCustomers:
    """Read what customers of these units have, and the keys of all that are like one of `stems`. Three statements."""
    rows = CustomerNumber.objects.filter(unit__in=units)
    by_number = rows.filter(number__in=list(numbers)).values_list(
        "unit", "number", "organization__key", "organization__name"
    )
    by_id = rows.filter(organization__register_id__in=[one for one in register_ids if one]).values_list(
        "unit", "organization__register_id", "organization__name"
    )
    # With a hyphen before the number: the stem itself, or one that was numbered before.
    pattern = "^(" + "|".join(sorted(stems)) + ")(-[0-9]+)?$"
    taken = Organization.objects.filter(key__regex=pattern).values_list("key", flat=True) if stems else ()
    return KnownCustomers(
        numbers={(unit, number): (key, name) for unit, number, key, name in by_number},
        register_ids={(unit, register_id): name for unit, register_id, name in by_id},
        keys=frozenset(taken),
    )


def open_invitations(*, keys: Collection[str]) -> list[Invitation]:
    """List the open first invitations of these organizations. One statement."""
    rows = Invitation.objects.filter(organization__key__in=list(keys), role__key=ADMIN_ROLE)
    rows = rows.filter(scope.of_supplier(), accepted_at=None, cancelled_at=None)
    return list(rows.select_related("organization").order_by("organization", "id"))
