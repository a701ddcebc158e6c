"""The list of customers is searched; a search finds people of all customers too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict
from django.urls import reverse

from delegation.authorization.verbs import Verb
from delegation.organizations import queries
from delegation.organizations.customer_numbers import Number
from delegation.organizations.queries import CustomerRow, PersonFound
from delegation.staff import readings
from delegation.staff.readings import Reading
from portal.shell import forms as shell_forms
from portal.shell import query_string
from portal.shell.components import Pager
from portal.shell.page_model import PageModel
from portal.signin.staff.reader import StaffReader


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """Describes a customer in the list."""

    name: str
    url: str
    numbers: Sequence[str]
    register_id: str
    is_suspended: bool = False


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Describes a person that a search found."""

    name: str
    email: str
    url: str
    customer: str
    customer_url: str
    numbers: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class CustomersPage(PageModel):
    """Lists customers by name, or what a search found of customers and people."""

    template: ClassVar[str] = "desk/organizations/list.html"

    q: str
    search_url: str
    onboard_url: str = ""
    """Empty for a reader who onboards no customers."""
    onboard_file_url: str = ""
    rows: Sequence[CustomerLine]
    pager: Pager
    people: Sequence[PersonLine] = ()
    more_people: bool = False
    """Whether others match, or may do so."""


def list_page(reader: StaffReader, query: QueryDict) -> CustomersPage:
    """Return the list, or what a search found; that people were shown is recorded in the logs of their customers."""
    text = query_string.text(query, "q")
    found = queries.customers(
        own=reader.own,
        actor=reader.actor,
        at=reader.at,
        text=text,
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
    )
    shown = {person.organization.id for person in found.people}
    readings.record(actor=reader.actor, what=Reading.SEARCH, organizations=shown, at=reader.at)
    url = reverse("staff_organizations")
    return CustomersPage(
        q=text,
        search_url=url,
        onboard_url=reverse("staff_onboard") if Verb.ORGANIZATION_CREATE in reader.verbs else "",
        onboard_file_url=reverse("staff_onboard_file") if Verb.ORGANIZATION_CREATE in reader.verbs else "",
        rows=[_row(row) for row in found.rows],
        pager=Pager(
            "",
            previous_url=query_string.beside(url, {"q": text}, before=found.previous),
            next_url=query_string.beside(url, {"q": text}, after=found.next),
        ),
        people=[_person(person) for person in found.people],
        more_people=found.more_people,
    )


def _row(row: CustomerRow) -> CustomerLine:
    url = reverse("staff_organization", args=[row.organization.key])
    return CustomerLine(
        row.organization.name,
        url,
        numbers_in_words(row.numbers),
        row.register_id,
        row.organization.is_suspended,
    )


def _person(found: PersonFound) -> PersonLine:
    customer = found.organization
    return PersonLine(
        name=found.name,
        email=found.email,
        url=reverse("staff_person", args=[customer.key, found.membership]),
        customer=customer.name,
        customer_url=reverse("staff_organization", args=[customer.key]),
        numbers=numbers_in_words(found.numbers),
    )


def numbers_in_words(numbers: Sequence[Number]) -> list[str]:
    """Return `20881, Kivisalo` for each customer number and its business unit."""
    return [f"{one.number}, {one.unit}" for one in numbers]
