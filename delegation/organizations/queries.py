"""Staff find and read the customers that their rights cover."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import Q

from audit.foundation import db
from audit.foundation.actor import Actor
from delegation.authorization import scopes
from delegation.authorization.verbs import Verb
from identity.organizations import queries as organizations_queries
from identity.organizations.models import CustomerNumber, Organization
from identity.organizations.queries import OrganizationView

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Number:
    """Holds a customer number and the name of the business unit that knows the customer by it."""

    number: str
    unit: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """Describes a customer in a list."""

    organization: OrganizationView
    register_id: str
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class CustomerList:
    """Holds customers by name, and the ids that the neighbouring pages start from."""

    rows: list[CustomerRow]
    previous: uuid.UUID | None
    next: uuid.UUID | None


def customers(
    *,
    actor: Actor,
    at: dt.datetime,
    text: str = "",
    after: uuid.UUID | None = None,
    before: uuid.UUID | None = None,
) -> CustomerList:
    """List the customers whose people the actor may see, by name; with a text, those whose name or number begins so.

    Four statements at most.
    """
    rows = scopes.organizations(actor=actor, verb=Verb.MEMBER_VIEW, at=at)
    if text:
        numbers = CustomerNumber.objects.filter(number__startswith=text).values("organization")
        rows = rows.filter(Q(name__istartswith=text) | Q(register_id=text) | Q(pk__in=numbers))
    page = db.keyset(rows=[rows], order=("sort_key", "id"), after=after, before=before, size=PAGE_SIZE)
    found = numbers_of(organizations=[row.pk for row in page.rows])
    return CustomerList([_row(row, found.get(row.pk, ())) for row in page.rows], page.previous, page.next)


def _row(row: Organization, numbers: tuple[Number, ...]) -> CustomerRow:
    return CustomerRow(organizations_queries.view_of(row), row.register_id, numbers)


def numbers_of(*, organizations: list[uuid.UUID]) -> dict[uuid.UUID, tuple[Number, ...]]:
    """Read the customer numbers of each organization, by the name of the business unit. One statement."""
    found: dict[uuid.UUID, tuple[Number, ...]] = {}
    rows = CustomerNumber.objects.filter(organization__in=organizations).order_by("unit__name")
    for organization, number, unit in rows.values_list("organization", "number", "unit__name"):
        found[organization] = (*found.get(organization, ()), Number(number, unit))
    return found
