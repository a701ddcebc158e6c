"""Channels read organizations and business units through these views."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from identity.organizations.models import BusinessUnit, Organization


@dataclass(frozen=True, slots=True)
class OrganizationView:
    """Holds the details of an organization that pages show."""

    id: uuid.UUID
    key: str
    name: str
    language: str
    time_zone: str
    row: Organization
    """What commands take."""

    @property
    def is_suspended(self) -> bool:
        """Return whether the supplier has suspended it."""
        return self.row.status == Organization.Status.SUSPENDED

    @property
    def customer_number(self) -> str:
        """Return the first customer number, or an empty text. One statement."""
        return self.number_and_brand[0]

    @property
    def number_and_brand(self) -> tuple[str, str]:
        """Return the first customer number and the brand of its business unit, or empty texts. One statement."""
        first = self.row.customer_numbers.select_related("unit").order_by("unit__key").first()
        return ("", "") if first is None else (first.number, first.unit.brand)


def view_of(row: Organization) -> OrganizationView:
    """Copy the part of an organization that pages show."""
    return OrganizationView(
        id=row.id, key=row.key, name=row.name, language=row.language, time_zone=row.time_zone, row=row
    )


def unknown_units(*, keys: Collection[str]) -> list[str]:
    """List the keys that no business unit has, in the given order. One statement."""
    known = set(BusinessUnit.objects.filter(key__in=keys).values_list("key", flat=True))
    return [key for key in keys if key not in known]


def names(*, organizations: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the names of these organizations by id. One statement."""
    return dict(Organization.objects.filter(id__in=organizations).values_list("id", "name"))


def get(*, organization: uuid.UUID) -> OrganizationView:
    """Return the organization of this id. One statement. Raises Organization.DoesNotExist."""
    return view_of(Organization.objects.get(id=organization))


def find_by_key(*, key: str) -> OrganizationView | None:
    """Return the organization with this key, or None. One statement."""
    row = Organization.objects.filter(key=key).first()
    return None if row is None else view_of(row)
