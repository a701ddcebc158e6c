"""The list of customers and the page of one customer have these page models."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.organizations import queries
from delegation.organizations.queries import CustomerRow, Number
from portal.desk.desk_page import OrganizationPage
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


@dataclass(frozen=True, kw_only=True)
class CustomersPage(PageModel):
    """Lists customers by name."""

    template: ClassVar[str] = "desk/organizations/list.html"

    q: str
    search_url: str
    rows: Sequence[CustomerLine]
    pager: Pager


@dataclass(frozen=True, slots=True)
class DeskAction:
    """Names what the reader can do about the customer, and what it leads to."""

    label: str
    sub: str
    url: str


@dataclass(frozen=True, kw_only=True)
class CustomerPage(PageModel):
    """Shows one customer."""

    template: ClassVar[str] = "desk/organizations/detail.html"

    name: str
    facts: Sequence[str]
    list_url: str
    actions: Sequence[DeskAction]


@dataclass(frozen=True, slots=True)
class _Offer:
    """Names an action by the route of its page; `verb` is what it needs."""

    verb: Verb
    route: str
    label: Callable[[], str]
    sub: Callable[[], str]


_ACTIONS: Sequence[_Offer] = (
    _Offer(
        Verb.HOLD_PLACE,
        "staff_hold_place",
        lambda: _("Place a hold…"),
        lambda: _("Stop a service, or one thing in it, for a while. No right is removed."),
    ),
    _Offer(
        Verb.MEMBER_VIEW,
        "staff_holds",
        lambda: _("Holds"),
        lambda: _("What is on hold now, and what was."),
    ),
)
"""In the order of the page."""


def list_page(reader: StaffReader, query: QueryDict) -> CustomersPage:
    """Return the list, or what a search found in it."""
    url, text = reverse("staff_organizations"), query_string.text(query, "q")
    page = queries.customers(
        actor=reader.actor,
        at=reader.at,
        text=text,
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
    )
    return CustomersPage(
        q=text,
        search_url=url,
        rows=[_row(row) for row in page.rows],
        pager=Pager(
            "",
            previous_url=_beside(url, q=text, before=page.previous),
            next_url=_beside(url, q=text, after=page.next),
        ),
    )


def _beside(url: str, *, q: str, **start: uuid.UUID | None) -> str:
    """Return the address of the list before or after a customer; empty without one."""
    values = {name: str(customer) for name, customer in start.items() if customer}
    return query_string.with_values(url, {"q": q, **values}) if values else ""


def _row(row: CustomerRow) -> CustomerLine:
    url = reverse("staff_organization", args=[row.organization.key])
    return CustomerLine(row.organization.name, url, numbers_in_words(row.numbers), row.register_id)


def numbers_in_words(numbers: Sequence[Number]) -> list[str]:
    """Return `20881, Kivisalo` for each customer number and its business unit."""
    return [f"{one.number}, {one.unit}" for one in numbers]


def detail_page(found: OrganizationPage) -> CustomerPage:
    """Return the page of one customer. One statement."""
    page = found.page
    numbers = queries.numbers_of(organizations=[page.organization_id]).get(page.organization_id, ())
    facts = [_("Customer %(number)s") % {"number": one} for one in numbers_in_words(numbers)]
    register_id = page.organization.row.register_id
    if register_id:
        facts.append(_("Business ID %(id)s") % {"id": register_id})
    return CustomerPage(
        name=page.organization.name,
        facts=facts,
        list_url=reverse("staff_organizations"),
        actions=[
            DeskAction(one.label(), one.sub(), reverse(one.route, args=[page.organization.key]))
            for one in _ACTIONS
            if one.verb in page.abilities
        ],
    )
