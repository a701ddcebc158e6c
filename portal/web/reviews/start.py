"""An admin starts a review, with everything that is said up front; and stops one with a reason."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from delegation.reviews import queries
from delegation.reviews.commands import starting
from portal.http.request_context import Request
from portal.shell import page_context, page_model, review_lines, review_terms
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.review_terms import StartChoice, StartForm, StopForm
from portal.wording import reviews as review_words

_METHODS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True, kw_only=True)
class StartPage(PageModel):
    """Asks for the terms of a review."""

    template: ClassVar[str] = "web/reviews/start.html"

    form: BaseForm
    silences: Sequence[StartChoice]
    here_url: str
    back_url: str


@dataclass(frozen=True, kw_only=True)
class StopPage(PageModel):
    """Asks why a review is stopped."""

    template: ClassVar[str] = "web/reviews/stop.html"

    title: str
    form: BaseForm
    here_url: str
    back_url: str


@require_http_methods(_METHODS)
@page_context.organization_page
def start(request: Request, page: PageContext) -> HttpResponse:
    """GET asks for the terms; POST starts the review."""
    if Verb.REVIEW_START not in page.abilities:
        raise Denied(reason="no_permission")
    form = review_terms.form_of(page, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = review_terms.start(page, form)
        if done is not None:
            messages.success(request, review_words.started(done.size))
            return HttpResponseRedirect(page.url("review", review=done.review))
    return page_model.render(request, _start_page(page, form))


def _start_page(page: PageContext, form: StartForm) -> StartPage:
    return StartPage(
        form=form,
        silences=review_terms.silence_choices(form),
        here_url=page.url("review_start"),
        back_url=page.url("reviews"),
    )


@require_http_methods(_METHODS)
@page_context.organization_page
def stop(request: Request, page: PageContext, review: uuid.UUID) -> HttpResponse:
    """GET asks why; POST stops the review, and what was decided stays."""
    if Verb.REVIEW_CANCEL not in page.abilities:
        raise Denied(reason="no_permission")
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
        return HttpResponseRedirect(page.url("review", review=review))
    model = StopPage(
        title=review_lines.title_of(row),
        form=form,
        here_url=page.url("review_stop", review=review),
        back_url=page.url("review", review=review),
    )
    return page_model.render(request, model)
