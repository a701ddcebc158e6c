"""The question names the customer by a text; one customer that the reader's rights cover must match."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.catalogue import display_names
from delegation.organizations import queries
from delegation.organizations.queries import CustomerRow
from portal.desk.audit.context import AskPage
from portal.shell import access_answer_page, query_string
from portal.shell.access_questions import QuestionForm
from portal.shell.components import Link
from portal.signin.staff.reader import StaffReader
from portal.wording import dates


@dataclass(frozen=True, slots=True)
class FoundCustomers:
    """Holds the address of the answer where one customer matches, else the customers to choose from."""

    answer_url: str
    choices: Sequence[Link]
    more: bool = False
    """Whether more customers match than there are choices."""


def find(reader: StaffReader, query: QueryDict) -> FoundCustomers:
    """Find the customer that the text names: by its whole name or number, or the only one that it begins."""
    text = query_string.text(query, "customer")
    if not text:
        return FoundCustomers("", ())
    found = queries.customers(own=reader.own, actor=reader.actor, at=reader.at, text=text, with_people=False)
    whole = [row for row in found.rows if _is_named(row, text)]
    rows = whole if len(whole) == 1 else found.rows
    links = [Link(row.organization.name, _answer_url(row, query)) for row in rows]
    more = found.next is not None
    return FoundCustomers(links[0].url if len(links) == 1 and (whole or not more) else "", links, more)


def _is_named(row: CustomerRow, text: str) -> bool:
    return row.organization.name.casefold() == text.casefold() or text in {
        row.register_id,
        *(one.number for one in row.numbers),
    }


def _answer_url(row: CustomerRow, query: QueryDict) -> str:
    url = reverse("staff_audit_answer", args=[row.organization.key])
    return query_string.with_values(url, access_answer_page.values_of(query))


def page(reader: StaffReader, query: QueryDict, found: FoundCustomers) -> AskPage:
    """Return the page; what was typed stays typed."""
    text, names = query_string.text(query, "customer"), display_names.load(organization=None)
    form = QuestionForm(None, names=names, clock=dates.Clock(reader.at, ZoneInfo(settings.TIME_ZONE)))
    form.initial.update({name: value for name, value in access_answer_page.values_of(query).items() if value})
    form.fields["site"] = forms.CharField(required=False, max_length=120)
    error = ""
    if query and not text:
        error = _("Enter the customer.")
    elif text and not found.choices:
        error = _("No customer matches. Enter the beginning of the name, or the whole number.")
    return AskPage(
        form=form,
        customer=text,
        error=error,
        choices=found.choices,
        more_choices=found.more,
        ask_url=reverse("staff_audit"),
    )
