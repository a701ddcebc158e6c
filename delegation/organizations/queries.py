"""Staff find and read the customers that their rights cover."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from audit.foundation import db
from audit.foundation.actor import Actor
from delegation.authorization import authorities, scopes
from delegation.authorization.verbs import Verb
from delegation.organizations import customer_search
from delegation.organizations.customer_search import PeopleFound
from identity.memberships.models import Membership
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
class PersonFound:
    """Describes a present member of a customer that a search found."""

    name: str
    email: str
    organization: OrganizationView
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class CustomerList:
    """Holds customers by name, and the ids that the neighbouring pages start from."""

    rows: list[CustomerRow]
    previous: uuid.UUID | None
    next: uuid.UUID | None
    people: list[PersonFound]
    """By name; none without a searched text, and on further pages."""
    more_people: bool


def customers(
    *,
    actor: Actor,
    at: dt.datetime,
    text: str = "",
    after: uuid.UUID | None = None,
    before: uuid.UUID | None = None,
    with_people: bool = True,
) -> CustomerList:
    """List the customers whose people the actor may see, by name; with a text, those that match, and people who do.

    People are not looked for where `with_people` is false.
    Three statements; six at most with a text, one more where the list continues after or before a customer.
    """
    rows = readable(actor=actor, at=at)
    people = PeopleFound()
    if text:
        rows = customer_search.customers_matching(rows=rows, text=text)
        if with_people and after is None and before is None:
            people = customer_search.people_matching(actor=actor, text=text, at=at)
    page = db.keyset(rows=[rows], order=("sort_key", "id"), after=after, before=before, size=PAGE_SIZE)
    organizations = {row.pk for row in page.rows} | {person.organization_id for person in people.rows}
    numbers = numbers_of(organizations=organizations)
    return CustomerList(
        rows=[_row(row, numbers.get(row.pk, ())) for row in page.rows],
        previous=page.previous,
        next=page.next,
        people=[_person(person, numbers.get(person.organization_id, ())) for person in people.rows],
        more_people=people.more,
    )


def _row(row: Organization, numbers: tuple[Number, ...]) -> CustomerRow:
    return CustomerRow(organizations_queries.view_of(row), row.register_id, numbers)


def _person(row: Membership, numbers: tuple[Number, ...]) -> PersonFound:
    organization = organizations_queries.view_of(row.organization)
    return PersonFound(row.shown_name, row.user.email, organization, numbers)


def readable(*, actor: Actor, at: dt.datetime) -> QuerySet[Organization]:
    """Filter the customers whose people the actor may see. One statement."""
    return scopes.organizations(actor=actor, verb=Verb.MEMBER_VIEW, at=at)


@dataclass(frozen=True, slots=True)
class ReadableCustomers:
    """Holds the customers whose people a staff member may see; `ids` is None where these are all customers."""

    rows: QuerySet[Organization]
    ids: Sequence[uuid.UUID] | None


def readable_with_ids(*, actor: Actor, at: dt.datetime) -> ReadableCustomers:
    """Filter the customers whose people the actor may see, and read their ids. Two statements at most."""
    own = authorities.authorities_of(actor=actor, at=at)
    rows = scopes.organizations_within(own=own, verb=Verb.MEMBER_VIEW)
    if any(one.is_for_all and Verb.MEMBER_VIEW.value in one.verbs for one in own):
        return ReadableCustomers(rows, None)
    return ReadableCustomers(rows, list(rows.values_list("pk", flat=True)))


def views_of(*, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, OrganizationView]:
    """Read these customers by id; the caller has decided about them. One statement, none for no ids."""
    return views(among=Organization.objects.all(), ids=ids)


def views(*, among: QuerySet[Organization], ids: Collection[uuid.UUID]) -> dict[uuid.UUID, OrganizationView]:
    """Read those of these customers that are `among` the readable ones, by id. One statement, none for no ids."""
    rows = among.filter(pk__in=ids) if ids else ()
    return {row.pk: organizations_queries.view_of(row) for row in rows}


def numbers_of(*, organizations: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[Number, ...]]:
    """Read the customer numbers of each organization, by the name of the business unit. One statement."""
    found: dict[uuid.UUID, tuple[Number, ...]] = {}
    rows = CustomerNumber.objects.filter(organization__in=organizations).order_by("unit__name")
    for organization, number, unit in rows.values_list("organization", "number", "unit__name"):
        found[organization] = (*found.get(organization, ()), Number(number, unit))
    return found
