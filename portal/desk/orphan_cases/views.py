"""Staff list cases of missing admins, open one, and take the steps of its page; one command runs for each step."""

import uuid
from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import AlreadyExists
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_list, case_views
from delegation.orphan_cases.case_views import CaseView
from delegation.orphan_cases.commands import opening
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.orphan_cases import case_actions, cases_page, context
from portal.desk.orphan_cases.context import OpenCasePage
from portal.desk.orphan_cases.forms import OpenCaseForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.page_context import PageContext
from portal.signin.staff import frame
from portal.signin.staff.reader import StaffReader

_METHODS = ["GET", "HEAD", "POST"]


@require_safe
@desk_page.desk_page(Verb.ORPHAN_CASE_VIEW)
def listing(request: Request, reader: StaffReader) -> HttpResponse:
    """List the cases as far as the reader's rights reach."""
    model, open_cases = cases_page.cases_page(reader, request.GET)
    frame.show_count(request, "staff_cases", open_cases)
    return page_model.render(request, model)


@require_http_methods(_METHODS)
@desk_page.organization_page(Verb.ORPHAN_CASE_OPEN, reading=Reading.ORGANIZATION)
def open_case(request: Request, found: OrganizationPage) -> HttpResponse:
    """GET asks for the person to invite; POST opens the case, or leads to the one there is."""
    page = found.page
    form = OpenCaseForm(
        request.POST if request.method == "POST" else None,
        initial={"language": page.organization.row.language},
    )
    model = OpenCasePage(customer=page.organization.name, back_url=page.url("staff_organization"), form=form)
    if request.method != "POST" or "idempotency_key" not in request.POST or not form.is_valid():
        return page_model.render(request, model)
    data = form.cleaned_data
    try:
        done = opening.open_case(
            actor=page.viewer,
            organization=page.organization.row,
            cause="support",
            person=form.person if data["email"] else None,
            note=data["note"],
            idempotency_key=data["idempotency_key"],
        )
    except Busy:
        raise
    except AlreadyExists:
        return _to_case(page.url("staff_organization"), found)
    except DomainError as refusal:
        form.add_refusal(refusal)
        return page_model.render(request, model)
    messages.success(request, _("The case is open. Nothing has changed for people of the customer."))
    return HttpResponseRedirect(page.url("staff_case", case=done.result.case))


def _to_case(otherwise: str, found: OrganizationPage) -> HttpResponse:
    case = case_list.open_case_of(organization=found.page.organization_id)
    return HttpResponseRedirect(found.page.url("staff_case", case=case) if case else otherwise)


@require_http_methods(_METHODS)
@desk_page.organization_page(Verb.ORPHAN_CASE_VIEW, reading=Reading.CASE)
def detail(request: Request, found: OrganizationPage, case: uuid.UUID) -> HttpResponse:
    """GET shows the case; POST takes the step that `do` names."""
    page = found.page
    view = case_views.get(organization=page.organization_id, case=case, reader=page.viewer.id, at=page.at)
    forms = case_actions.forms_of(request, page, view)
    step = _STEPS.get(request.POST.get("do", "")) if request.method == "POST" else None
    if step is None:
        return page_model.render(request, context.case_page(page, view, forms))
    try:
        done = step(page, view, forms, request.POST)
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, case_actions.sentence(refusal))
        return HttpResponseRedirect(page.url("staff_case", case=case))
    if not done:
        return page_model.render(request, context.case_page(page, view, forms))
    messages.success(request, done)
    return HttpResponseRedirect(page.url("staff_case", case=case))


Step = Callable[[PageContext, CaseView, context.CaseForms, Mapping[str, str]], str]
_STEPS: Mapping[str, Step] = {
    "propose": case_actions.propose,
    "approve": case_actions.approve,
    "invite": case_actions.invite,
    "ask": case_actions.ask,
    "name": case_actions.name,
    "use_domain": case_actions.use_domain,
}
"""By what a button sends."""
