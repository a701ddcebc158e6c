"""Staff read who of a customer holds duties to keep apart; senior support decides where there is no second admin."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.duties import queries
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.http import error_responses
from portal.http.request_context import Request
from portal.shell import duty_exceptions, duty_lines, page_model
from portal.shell.duty_exceptions import DutyExceptionPage, ExceptionStepForm
from portal.shell.duty_lines import DutyReportView, DutyRoutes
from portal.shell.page_model import PageModel

_ROUTES = DutyRoutes("staff_duties", "staff_person", "staff_duty_exception")


@dataclass(frozen=True, kw_only=True)
class CustomerDutiesPage(PageModel):
    """Lists who of a customer holds duties to keep apart, and the requests that wait."""

    template: ClassVar[str] = "desk/duties/list.html"

    customer: str
    report: DutyReportView
    is_whole: bool
    back_url: str


@require_safe
@desk_page.organization_page(Verb.DUTY_VIEW, reading=Reading.DUTIES)
def report(request: Request, found: OrganizationPage) -> HttpResponse:
    """List who holds duties to keep apart."""
    page, after = found.page, duty_lines.after_of(request)
    names = display_names.load(organization=page.organization_id)
    sites = {site.id: site.name for site in names.sites.values()}
    model = CustomerDutiesPage(
        customer=page.organization.name,
        report=duty_lines.report_view(page, _ROUTES, sites=sites, after=after),
        is_whole=after is None,
        back_url=page.url("staff_organization"),
    )
    return page_model.render(request, model)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.DUTY_VIEW, reading=Reading.DUTIES)
def exception(request: Request, found: OrganizationPage, exception: uuid.UUID) -> HttpResponse:
    """GET shows the exception; POST takes its next step. Raises NotFound, and Denied without the right."""
    page = found.page
    view = queries.get(organization=page.organization_id, exception=exception, at=page.at)
    form = ExceptionStepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        duty_exceptions.take_step(request, page, view, form)
        return HttpResponseRedirect(page.url("staff_duty_exception", exception=exception))
    model = DutyExceptionPage(
        layout=error_responses.layout(request),
        part=duty_exceptions.exception_part(page, view, person_route="staff_person"),
        form=form,
        back_url=page.url("staff_duties"),
    )
    return page_model.render(request, model)
