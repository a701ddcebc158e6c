"""Staff find and read the customers that their rights cover."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from audit.foundation import db
from audit.foundation.actor import Actor
from delegation.authorization import scopes
from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb
from delegation.organizations import customer_numbers, customer_search
from delegation.organizations.customer_numbers import Number
from delegation.organizations.customer_search import PeopleFound
from identity.memberships.models import Membership
from identity.organizations import queries as organizations_queries
from identity.organizations.models import Organization
from identity.organizations.queries import OrganizationView

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """Describes a customer in a list."""

    organization: OrganizationView
    register_id: str
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class PersonFound:
    """Describes a present member of a customer that a search found."""

    membership: uuid.UUID
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
    own: Sequence[Authority],
    actor: Actor,
    at: dt.datetime,
    text: str = "",
    after: uuid.UUID | None = None,
    before: uuid.UUID | None = None,
    with_people: bool = True,
    size: int | None = None,
) -> CustomerList:
    """List the customers whose people the actor may see, by name; with a text, those that match, and people who do.

    `own` are the actor's authorities. People are not looked for where `with_people` is false.
    One statement; three at most with a text, one more where the list continues after or before a customer.
    """
    rows = readable(own=own)
    people = PeopleFound()
    if text:
        rows = customer_search.customers_matching(rows=rows, text=text)
        if with_people and after is None and before is None:
            people = customer_search.people_matching(own=own, actor=actor, text=text, at=at)
    rows = rows.annotate(numbers=customer_numbers.column())
    page = db.keyset(
        rows=[rows], order=("sort_key", "id"), after=after, before=before, size=size or PAGE_SIZE
    )
    return CustomerList(
        rows=[_row(row) for row in page.rows],
        previous=page.previous,
        next=page.next,
        people=[_person(person) for person in people.rows],
        more_people=people.more,
    )


def _row(row: Organization) -> CustomerRow:
    return CustomerRow(organizations_queries.view_of(row), row.register_id, customer_numbers.numbers_of(row))


def _person(row: Membership) -> PersonFound:
    organization = organizations_queries.view_of(row.organization)
    return PersonFound(row.pk, row.shown_name, row.user.email, organization, customer_numbers.numbers_of(row))


def find(*, key: str) -> CustomerRow | None:
    """Return the customer with this key, or None, whatever the reader's rights are. One statement."""
    row = Organization.objects.filter(key=key).annotate(numbers=customer_numbers.column()).first()
    return None if row is None else _row(row)


def readable(*, own: Sequence[Authority]) -> QuerySet[Organization]:
    """Filter the customers whose people these authorities let a staff member see."""
    return scopes.organizations_within(own=own, verb=Verb.MEMBER_VIEW)


@dataclass(frozen=True, slots=True)
class ReadableCustomers:
    """Holds the customers whose people a staff member may see; `ids` is None where these are all customers."""

    rows: QuerySet[Organization]
    ids: Sequence[uuid.UUID] | None


def readable_with_ids(*, own: Sequence[Authority]) -> ReadableCustomers:
    """Filter the readable customers, and read their ids. One statement, none where these are all customers."""
    rows = readable(own=own)
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
