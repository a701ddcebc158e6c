"""Admins read who holds duties to keep apart, ask for an exception for a colleague, and decide about one."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization import duty_conflicts
from delegation.authorization.errors import AlreadyExists, Denied, InvalidInput, NotFound
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.duties import commands, queries
from delegation.people import queries as people_queries
from delegation.people.queries import VisibleMember
from portal.http import error_responses
from portal.http.request_context import Request
from portal.shell import duty_exceptions, duty_lines, page_context, page_model
from portal.shell.duty_exceptions import DutyExceptionPage, ExceptionStepForm
from portal.shell.duty_lines import DutyRoutes
from portal.shell.page_context import PageContext
from portal.web.duties.context import DutiesPage, DutyAskPage
from portal.web.duties.forms import AskExceptionForm

_METHODS = ["GET", "HEAD", "POST"]


@require_safe
@page_context.organization_page
def report(request: Request, page: PageContext) -> HttpResponse:
    """List who holds duties to keep apart. Raises Denied for other readers."""
    _require_view(page)
    after = duty_lines.after_of(request)
    asks = Verb.DUTY_EXCEPTION_REQUEST in page.abilities
    routes = DutyRoutes("duties", "person", "duty_exception", "duty_ask" if asks else "")
    names = display_names.load(organization=page.organization_id)
    sites = {site.id: site.name for site in names.sites.values()}
    model = DutiesPage(
        report=duty_lines.report_view(page, routes, sites=sites, after=after),
        is_whole=after is None,
        back_url=page.url("reviews") if Verb.REVIEW_VIEW in page.abilities else page.url("home"),
    )
    return page_model.render(request, model)


@require_http_methods(_METHODS)
@page_context.organization_page
def ask(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """GET asks which, until when and why; POST asks for the exception. Raises Denied and NotFound."""
    member = _member(page, membership)
    page.require(Verb.DUTY_EXCEPTION_REQUEST, [membership])
    form = AskExceptionForm(
        request.POST if request.method == "POST" else None,
        conflicts=duty_conflicts.in_force(at=page.at),
        zone=page.zone,
        at=page.at,
    )
    if request.method == "POST" and form.is_valid() and (made := _request(page, member, form)):
        messages.success(request, _("The exception is asked for. A second person decides."))
        return HttpResponseRedirect(page.url("duty_exception", exception=made))
    name = member.membership.shown_name
    model = DutyAskPage(
        title=_("Ask for an exception for %(name)s") % {"name": name},
        form=form,
        here_url=page.url("duty_ask", membership=membership),
        back_url=page.url("person", membership=membership),
        back_label=name,
    )
    return page_model.render(request, model)


@require_http_methods(_METHODS)
@page_context.organization_page
def exception(request: Request, page: PageContext, exception: uuid.UUID) -> HttpResponse:
    """GET shows the exception; POST accepts, refuses, withdraws or revokes it. Raises Denied and NotFound."""
    _require_view(page)
    view = queries.get(organization=page.organization_id, exception=exception, at=page.at)
    form = ExceptionStepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        duty_exceptions.take_step(request, page, view, form)
        return HttpResponseRedirect(page.url("duty_exception", exception=exception))
    model = DutyExceptionPage(
        layout=error_responses.layout(request),
        part=duty_exceptions.exception_part(page, view, person_route="person"),
        form=form,
        back_url=page.url("duties"),
    )
    return page_model.render(request, model)


def _require_view(page: PageContext) -> None:
    if Verb.DUTY_VIEW not in page.abilities:
        raise Denied(reason="no_permission")


def _member(page: PageContext, membership: uuid.UUID) -> VisibleMember:
    member = people_queries.get(
        actor=page.viewer, organization=page.organization_id, at=page.at, membership=membership
    )
    if member.former:
        raise NotFound
    return member


def _request(page: PageContext, member: VisibleMember, form: AskExceptionForm) -> uuid.UUID | None:
    """Return the new exception; None with the refusal in the form."""
    (row,) = people_queries.for_command(organization=page.organization_id, ids=[member.membership.id])
    try:
        done = commands.request(
            actor=page.viewer,
            membership=row,
            conflict=form.chosen,
            until=form.cleaned_data["until"],
            reason=form.cleaned_data["reason"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except (AlreadyExists, InvalidInput) as refusal:
        form.add_refusal(refusal)
        return None
    return done.result.exception
