"""Admins read the access reviews, and the reviewer in turn answers the lines."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import DomainError
from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from delegation.reviews import queries, submission
from delegation.reviews.queries import LineView
from delegation.reviews.submission import SentDecision
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model, review_lines
from portal.shell.page_context import PageContext
from portal.shell.review_lines import Words
from portal.web.reviews import context
from portal.web.reviews.context import OpenLine, ReviewPage, ReviewsPage
from portal.web.reviews.forms import END, KEEP, LOWER, DecisionsForm
from portal.wording import dates, refusals

MOST_SHOWN = 50
"""Lines that one form decides: each lowered or ended one is an act of its own."""


@dataclass(frozen=True, slots=True)
class ShownReview:
    """Holds a review as read for the page, with the key of the lowest tier."""

    review: queries.ReadReview
    lines: Sequence[LineView]
    lowest: str


def require_view(page: PageContext) -> None:
    """Raise Denied for a reader who may not view reviews."""
    if Verb.REVIEW_VIEW not in page.abilities:
        raise Denied(reason="no_permission")


@require_safe
@page_context.organization_page
def overview(request: Request, page: PageContext) -> HttpResponse:
    """List the reviews of the organization."""
    require_view(page)
    clock = dates.Clock(page.at, page.zone)
    rows = queries.reviews(organization=page.organization_id)
    model = ReviewsPage(
        rows=[
            review_lines.review_row(one, url=page.url("review", review=one.review.id), clock=clock)
            for one in rows
        ],
        start_url=page.url("review_start") if Verb.REVIEW_START in page.abilities else "",
        duties_url=page.url("duties") if Verb.DUTY_VIEW in page.abilities else "",
    )
    return page_model.render(request, model)


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def detail(request: Request, page: PageContext, review: uuid.UUID) -> HttpResponse:
    """GET shows the review; POST carries out the decisions that were sent."""
    require_view(page)
    shown = _read(page, review)
    form = DecisionsForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, _page(page, shown, form, request.POST, {}))
    sent = _decisions(request.POST, shown.lines)
    result = submission.submit(
        actor=page.viewer,
        decisions=sent,
        reason=form.cleaned_data["reason"],
        idempotency_key=form.cleaned_data["idempotency_key"],
    )
    if not result.refused:
        _notify(request, len(result.decided))
        return HttpResponseRedirect(page.url("review", review=review))
    form.data = {**form.data, "idempotency_key": shell_forms.new_idempotency_key()}
    form.add_error(None, _("Some lines were not changed. Look at them again."))
    model = _page(page, _read(page, review), form, request.POST, result.refused)
    return page_model.render(request, model)


def _read(page: PageContext, review: uuid.UUID) -> ShownReview:
    row = queries.get(organization=page.organization_id, review=review)
    lowest = queries.lowest_key(at=page.at)
    lines = queries.lines(row, actor=page.viewer, at=page.at, lowest=lowest)
    return ShownReview(row, lines, lowest)


def _notify(request: Request, number: int) -> None:
    if number == 0:
        messages.info(request, _("Nothing was decided. Choose an answer for a line first."))
        return
    text = ngettext("%(number)d line is decided.", "%(number)d lines are decided.", number)
    messages.success(request, text % {"number": number})


def _decisions(sent: Mapping[str, str], lines: Sequence[LineView]) -> list[SentDecision]:
    """Read the answers of the lines that are open; another word than the three is no answer."""
    return [
        SentDecision(view.line, answer, sent.get(f"shown-{view.line.id.hex}", ""))
        for view in lines
        if not view.line.decision
        and (answer := sent.get(f"line-{view.line.id.hex}", "")) in {KEEP, LOWER, END}
    ]


def _page(
    page: PageContext,
    shown: ShownReview,
    form: DecisionsForm,
    sent: Mapping[str, str],
    refused: Mapping[uuid.UUID, DomainError],
) -> ReviewPage:
    row, lines = shown.review, shown.lines
    words = review_lines.words_of(page, lines, lowest=shown.lowest)
    may_decide = Verb.REVIEW_DECIDE in page.abilities
    waiting = [one for one in lines if not one.line.decision]
    mine = [one for one in waiting if one.is_mine and may_decide]
    others = [one for one in waiting if not (one.is_mine and may_decide)]
    return ReviewPage(
        title=review_lines.title_of(row),
        lead=review_lines.lead(row, words, is_turn=bool(mine)),
        size=row.size,
        decided=row.size - len(waiting),
        lines=_open_lines(page, mine[:MOST_SHOWN], words, sent, refused),
        later_lines=len(mine[MOST_SHOWN:]),
        waiting=[review_lines.decided_line(one, words) for one in others],
        done=[review_lines.decided_line(one, words) for one in lines if one.line.decision],
        joined=review_lines.joined(page, row),
        form=form,
        here_url=page.url("review", review=row.id),
        back_url=page.url("reviews"),
        export_url=page.url("review_export", review=row.id),
        stop_url=page.url("review_stop", review=row.id) if _may_stop(page, row) else "",
    )


def _open_lines(
    page: PageContext,
    mine: Sequence[LineView],
    words: Words,
    sent: Mapping[str, str],
    refused: Mapping[uuid.UUID, DomainError],
) -> list[OpenLine]:
    problems = {key: refusals.sentence_for(error).text for key, error in refused.items()}
    return [
        context.open_line(page, one, words, sent=sent, problem=problems.get(one.line.id, "")) for one in mine
    ]


def _may_stop(page: PageContext, row: queries.ReadReview) -> bool:
    return Verb.REVIEW_CANCEL in page.abilities and row.state == "open" and row.started_by_kind == "person"


@require_safe
@page_context.organization_page
def export(request: Request, page: PageContext, review: uuid.UUID) -> HttpResponse:
    """Send the evidence as a CSV file: each line as it was, the decision, by which person and when."""
    del request
    require_view(page)
    return review_lines.evidence_file(page, review)
