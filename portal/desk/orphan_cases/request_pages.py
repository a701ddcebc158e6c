"""Requests of strangers that lead to no case are listed, and each has a page where staff decide on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict
from django.urls import reverse

from delegation.orphan_cases import request_list
from delegation.orphan_cases.request_list import RequestView
from portal.desk.orphan_cases.forms import CaseReasonForm, ConnectForm
from portal.shell import forms as shell_forms
from portal.shell import query_string
from portal.shell.components import Pager
from portal.shell.page_model import PageModel
from portal.signin.staff.reader import StaffReader
from portal.wording import dates, time_zones


@dataclass(frozen=True, slots=True)
class RequestLine:
    """Describes a request in a list; company and number are the words of a stranger."""

    company: str
    number: str
    url: str
    name: str
    email: str
    since: str
    duration: str
    customer: str
    """The customer that the number matches; empty where it matches none."""


@dataclass(frozen=True, kw_only=True)
class CaseRequestsPage(PageModel):
    """Lists the confirmed requests that wait for staff."""

    template: ClassVar[str] = "desk/orphan_cases/requests.html"

    rows: Sequence[RequestLine]
    pager: Pager
    back_url: str


@dataclass(frozen=True, kw_only=True)
class CaseRequestDecisionPage(PageModel):
    """Shows a request, with the two decisions where it waits for one."""

    template: ClassVar[str] = "desk/orphan_cases/request.html"

    request: RequestLine
    is_open: bool
    customer_url: str
    """Empty where the number matches no customer."""
    has_admin: bool
    """Whether the matched customer has a working admin, so that no case can be opened for it."""
    case_url: str
    """Of the case that it belongs to; empty without one."""
    connect: ConnectForm
    close: CaseReasonForm
    back_url: str


def requests_page(reader: StaffReader, query: QueryDict) -> CaseRequestsPage:
    """Return the page that the address names, as far as the reader's rights reach. One statement, three at most."""
    found = request_list.page(
        own=reader.own,
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
    )
    url = reverse("staff_case_requests")
    return CaseRequestsPage(
        rows=[line(one, reader) for one in found.rows],
        pager=Pager(
            "",
            previous_url=query_string.beside(url, {}, before=found.previous),
            next_url=query_string.beside(url, {}, after=found.next),
        ),
        back_url=reverse("staff_cases"),
    )


def decision_page(
    reader: StaffReader, found: RequestView, connect: ConnectForm, close: CaseReasonForm
) -> CaseRequestDecisionPage:
    """Return the page. One statement."""
    return CaseRequestDecisionPage(
        request=line(found, reader),
        is_open=found.is_open,
        customer_url=reverse("staff_organization", args=[found.customer_key]) if found.customer_key else "",
        has_admin=found.is_open and request_list.has_working_admin(view=found, at=reader.at),
        case_url=reverse("staff_case", args=[found.customer_key, found.case]) if found.case else "",
        connect=connect,
        close=close,
        back_url=reverse("staff_case_requests"),
    )


def line(one: RequestView, reader: StaffReader) -> RequestLine:
    """Describe a request."""
    return RequestLine(
        company=one.company,
        number=one.number,
        url=reverse("staff_case_request", args=[one.id]),
        name=one.name,
        email=one.email,
        since=time_zones.date_time(one.confirmed_at, None),
        duration=dates.wait((reader.at - one.confirmed_at).total_seconds()),
        customer=one.customer,
    )
