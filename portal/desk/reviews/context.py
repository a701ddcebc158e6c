"""Staff see the access reviews of a customer on these pages; nobody of the staff decides a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from delegation.authorization.verbs import Verb
from delegation.reviews import queries
from delegation.reviews.queries import ReadReview
from portal.shell import review_lines, review_terms
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.review_lines import DecidedLine, ReviewRow
from portal.shell.review_terms import StartChoice, StartForm, StopForm
from portal.wording import dates


@dataclass(frozen=True, kw_only=True)
class CustomerReviewsPage(PageModel):
    """Lists the reviews of a customer."""

    template: ClassVar[str] = "desk/reviews/list.html"

    customer: str
    rows: Sequence[ReviewRow]
    start_url: str
    back_url: str


@dataclass(frozen=True, kw_only=True)
class CustomerReviewPage(PageModel):
    """Shows the evidence of a review: what waits for the customer's admins, and what they decided."""

    template: ClassVar[str] = "desk/reviews/detail.html"

    title: str
    lead: str
    size: int
    decided: int
    waiting: Sequence[DecidedLine]
    done: Sequence[DecidedLine]
    joined: str
    back_url: str
    export_url: str
    stop_url: str


@dataclass(frozen=True, kw_only=True)
class CustomerReviewStartPage(PageModel):
    """Asks for the terms of a review of a customer."""

    template: ClassVar[str] = "desk/reviews/start.html"

    customer: str
    form: StartForm
    silences: Sequence[StartChoice]
    back_url: str


@dataclass(frozen=True, kw_only=True)
class CustomerReviewStopPage(PageModel):
    """Asks why a review of a customer is stopped."""

    template: ClassVar[str] = "desk/reviews/stop.html"

    title: str
    form: StopForm
    back_url: str


def list_page(page: PageContext) -> CustomerReviewsPage:
    """Return the reviews of the customer. One statement."""
    clock = dates.Clock(page.at, page.zone)
    return CustomerReviewsPage(
        customer=page.organization.name,
        rows=[
            review_lines.review_row(one, url=page.url("staff_review", review=one.review.id), clock=clock)
            for one in queries.reviews(organization=page.organization_id)
        ],
        start_url=page.url("staff_review_start") if Verb.REVIEW_START in page.abilities else "",
        back_url=page.url("staff_organization"),
    )


def detail_page(page: PageContext, row: ReadReview) -> CustomerReviewPage:
    """Return the lines of a review as they were frozen, with what was decided."""
    lowest = queries.lowest_key(at=page.at)
    lines = queries.lines(row, actor=page.viewer, at=page.at, lowest=lowest)
    words = review_lines.words_of(page, lines, lowest=lowest)
    shown = [(one.line.decision, review_lines.decided_line(one, words)) for one in lines]
    may_stop = Verb.REVIEW_CANCEL in page.abilities and row.state == "open"
    return CustomerReviewPage(
        title=review_lines.title_of(row),
        lead=review_lines.lead(row, words, is_turn=False),
        size=row.size,
        decided=sum(bool(decision) for decision, _line in shown),
        waiting=[line for decision, line in shown if not decision],
        done=[line for decision, line in shown if decision],
        joined=review_lines.joined(page, row),
        back_url=page.url("staff_reviews"),
        export_url=page.url("staff_review_export", review=row.id),
        stop_url=page.url("staff_review_stop", review=row.id) if may_stop else "",
    )


def start_page(page: PageContext, form: StartForm) -> CustomerReviewStartPage:
    """Return the form with the customer's name."""
    return CustomerReviewStartPage(
        customer=page.organization.name,
        form=form,
        silences=review_terms.silence_choices(form),
        back_url=page.url("staff_reviews"),
    )


def stop_page(page: PageContext, row: ReadReview, form: StopForm) -> CustomerReviewStopPage:
    """Return the form that asks why."""
    return CustomerReviewStopPage(
        title=review_lines.title_of(row), form=form, back_url=page.url("staff_review", review=row.id)
    )
