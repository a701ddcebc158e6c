"""Staff list the requests that lead to no case, connect each to a customer, or close it."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import CaseStep, Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import request_list
from delegation.orphan_cases.commands import request_decisions
from delegation.orphan_cases.request_list import RequestView
from delegation.staff import readings
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.orphan_cases import case_actions, request_pages
from portal.desk.orphan_cases.forms import CaseReasonForm, ConnectForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.staff.reader import StaffReader

CONNECT, CLOSE = "connect", "close"
"""What the buttons send."""


@require_safe
@desk_page.desk_page(Verb.ORPHAN_REQUEST_VIEW)
def listing(request: Request, reader: StaffReader) -> HttpResponse:
    """List the requests that wait, as far as the reader's rights reach."""
    return page_model.render(request, request_pages.requests_page(reader, request.GET))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.ORPHAN_REQUEST_VIEW)
def detail(request: Request, reader: StaffReader, asked: uuid.UUID) -> HttpResponse:
    """GET shows the request; POST connects it to a customer or closes it."""
    found = request_list.get(own=reader.own, request=asked)
    if found.row.organization_id:
        readings.record(
            actor=reader.actor, what=Reading.CASE, organizations=[found.row.organization_id], at=reader.at
        )
    do = request.POST.get("do", "") if request.method == "POST" else ""
    connect = ConnectForm(
        request.POST if do == CONNECT else None,
        initial={"customer": found.number if found.customer else ""},
        auto_id="connect_%s",
    )
    close = CaseReasonForm(request.POST if do == CLOSE else None, auto_id="close_%s")
    try:
        if do == CONNECT and connect.is_valid():
            if url := _connect(reader, found, connect):
                messages.success(request, _("The request belongs to this case now."))
                return HttpResponseRedirect(url)
        elif do == CLOSE and close.is_valid():
            _close(reader, found, close)
            messages.success(request, _("The request is closed. The person gets a mail within ten minutes."))
            return HttpResponseRedirect(reverse("staff_case_requests"))
    except Busy:
        raise
    except CaseStep:
        messages.error(request, _("This request was decided on already. Nothing was changed."))
        return HttpResponseRedirect(reverse("staff_case_request", args=[asked]))
    return page_model.render(request, request_pages.decision_page(reader, found, connect, close))


def _connect(reader: StaffReader, found: RequestView, form: ConnectForm) -> str:
    """Run the command. Returns the address of the case; empty where it refuses what was entered."""
    data = form.cleaned_data
    customer = request_list.find_customer(own=reader.own, text=data["customer"])
    if customer is None:
        form.add_error("customer", _unknown())
        return ""
    try:
        done = request_decisions.connect(
            actor=reader.actor,
            request=found.row,
            organization=customer,
            reason=data["reason"],
            idempotency_key=data["idempotency_key"],
        )
    except (Busy, CaseStep):
        raise
    except (NotFound, Denied):  # the same for a customer of others
        form.add_error("customer", _unknown())
        return ""
    except DomainError as refusal:
        form.add_error("customer", case_actions.sentence(refusal))
        return ""
    return reverse("staff_case", args=[customer.key, done.result.case])


def _unknown() -> str:
    return _("This matches no single customer of yours.")


def _close(reader: StaffReader, found: RequestView, form: CaseReasonForm) -> None:
    data = form.cleaned_data
    request_decisions.close(
        actor=reader.actor,
        request=found.row,
        reason=data["reason"],
        idempotency_key=data["idempotency_key"],
    )
