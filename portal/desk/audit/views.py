"""Auditors and other readers of customers' data ask who could do what, and what one person could do."""

import uuid

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization.verbs import Verb
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.audit import (
    ask,
    background_file,
    changes_page,
    charts_context,
    context,
    dormant_page,
    events_context,
    events_file,
    exports_page,
    person_rights,
    searches_page,
)
from portal.desk.desk_page import OrganizationPage
from portal.http.request_context import Request
from portal.shell import access_answer_file, page_model, rights_changes
from portal.signin.staff.reader import StaffReader


@require_safe
@desk_page.desk_page(Verb.ACTIVITY_VIEW)
def question(request: Request, reader: StaffReader) -> HttpResponse:
    """Ask the question, and lead to the answer once the text names one customer."""
    found = ask.find(reader, request.GET)
    if found.answer_url:
        return HttpResponseRedirect(found.answer_url)
    return page_model.render(request, ask.page(reader, request.GET, found))


@require_safe
@desk_page.desk_page(Verb.ACTIVITY_VIEW)
def events(request: Request, reader: StaffReader) -> HttpResponse:
    """Show the events that the address searches."""
    model, found = events_context.events_page(reader, request.GET)
    events_file.record(reader, Reading.EVENTS, found)
    return page_model.render(request, model)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.ACTIVITY_VIEW)
def saved(request: Request, reader: StaffReader) -> HttpResponse:
    """GET lists the reader's saved searches; POST saves or deletes one."""
    return searches_page.page(request, reader)


@require_safe
@desk_page.desk_page(Verb.ACTIVITY_VIEW)
def charts(request: Request, reader: StaffReader) -> HttpResponse:
    """Show how many events there were."""
    return page_model.render(request, charts_context.charts_page(reader, request.GET))


@require_safe
@desk_page.desk_page(Verb.ACTIVITY_VIEW)
def dormant(request: Request, reader: StaffReader) -> HttpResponse:
    """Show how many tiers are not used for some days."""
    return page_model.render(request, dormant_page.rights_page(reader, request.GET))


@require_safe
@desk_page.organization_page(Verb.ACTIVITY_VIEW, reading=Reading.PEOPLE)
def customer_dormant(request: Request, found: OrganizationPage) -> HttpResponse:
    """List the tiers of this customer's people that they have not used for some days."""
    return page_model.render(request, dormant_page.customer_page(found.page, request.GET))


@require_safe
@desk_page.desk_page(Verb.ACTIVITY_VIEW)
def events_download(request: Request, reader: StaffReader) -> HttpResponse:
    """Answer with the events that the address searches, as a file."""
    return events_file.download(request, reader)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.ACTIVITY_VIEW)
def exports(request: Request, reader: StaffReader) -> HttpResponse:
    """GET lists the reader's exports; POST asks for one or deletes one."""
    return exports_page.page(request, reader)


@require_safe
@desk_page.desk_page(Verb.ACTIVITY_VIEW)
def export_file(request: Request, reader: StaffReader, export: uuid.UUID) -> HttpResponseBase:
    """Answer with a file of one of the reader's exports."""
    return background_file.download(request, reader, export)


@require_safe
@desk_page.organization_page(Verb.ACTIVITY_VIEW)
def answer(request: Request, found: OrganizationPage) -> HttpResponse:
    """Answer the question of the address about this customer; the form alone shows no more than its sites."""
    model = context.answer_page(found.page, request.GET)
    found.record(Reading.ANSWER if model.question else Reading.ORGANIZATION)
    return page_model.render(request, model)


@require_safe
@desk_page.organization_page(Verb.ACTIVITY_VIEW)
def rights(request: Request, found: OrganizationPage, membership: uuid.UUID) -> HttpResponse:
    """Show what one person could do that day."""
    model = person_rights.rights_page(found.page, membership, request.GET)
    person_rights.record_rights(found, membership)
    return page_model.render(request, model)


@require_safe
@desk_page.organization_page(Verb.ACTIVITY_VIEW)
def changes(request: Request, found: OrganizationPage) -> HttpResponse:
    """Show what changed in people's rights between two days."""
    model = changes_page.changes_page(found.page, request.GET)
    found.record(Reading.CHANGES)
    return page_model.render(request, model)


@require_safe
@desk_page.organization_page(Verb.ACTIVITY_VIEW)
def download(request: Request, found: OrganizationPage) -> HttpResponse:
    """Answer with the answer as a file."""
    page = found.page
    return access_answer_file.download(
        request,
        page,
        rights_changes.log_scope_of(page),
        context.urls(page).here,
        record=lambda: found.record(Reading.EXPORT),
    )
