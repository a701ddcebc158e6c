"""Auditors start access reviews of a customer and read the evidence; support stops a review with a reason."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization.verbs import Verb
from delegation.reviews import queries
from delegation.reviews.commands import starting
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.reviews import context
from portal.http.request_context import Request
from portal.shell import page_model, review_lines, review_terms
from portal.shell.review_terms import StopForm
from portal.wording import reviews as review_words

_METHODS = ["GET", "HEAD", "POST"]


@require_safe
@desk_page.organization_page(Verb.REVIEW_VIEW, reading=Reading.REVIEW)
def overview(request: Request, found: OrganizationPage) -> HttpResponse:
    """List the reviews of the customer."""
    return page_model.render(request, context.list_page(found.page))


@require_safe
@desk_page.organization_page(Verb.REVIEW_VIEW, reading=Reading.REVIEW)
def detail(request: Request, found: OrganizationPage, review: uuid.UUID) -> HttpResponse:
    """Show the lines of a review and what was decided."""
    row = queries.get(organization=found.page.organization_id, review=review)
    return page_model.render(request, context.detail_page(found.page, row))


@require_safe
@desk_page.organization_page(Verb.REVIEW_VIEW, reading=Reading.REVIEW)
def export(request: Request, found: OrganizationPage, review: uuid.UUID) -> HttpResponse:
    """Send the evidence as a CSV file."""
    del request
    return review_lines.evidence_file(found.page, review)


@require_http_methods(_METHODS)
@desk_page.organization_page(Verb.REVIEW_START, reading=Reading.REVIEW)
def start(request: Request, found: OrganizationPage) -> HttpResponse:
    """GET asks for the terms; POST starts the review, which the customer's own admins answer."""
    page = found.page
    form = review_terms.form_of(page, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = review_terms.start(page, form)
        if done is not None:
            messages.success(request, review_words.started(done.size))
            return HttpResponseRedirect(page.url("staff_review", review=done.review))
    return page_model.render(request, context.start_page(page, form))


@require_http_methods(_METHODS)
@desk_page.organization_page(Verb.REVIEW_CANCEL, reading=Reading.REVIEW)
def stop(request: Request, found: OrganizationPage, review: uuid.UUID) -> HttpResponse:
    """GET asks why; POST stops the review, and what was decided stays."""
    page = found.page
    row = queries.get(organization=page.organization_id, review=review)
    form = StopForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        starting.cancel(
            actor=page.viewer,
            review=row,
            reason=form.cleaned_data["reason"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        messages.success(request, _("The review is stopped. What was decided stays."))
        return HttpResponseRedirect(page.url("staff_review", review=review))
    return page_model.render(request, context.stop_page(page, row, form))
