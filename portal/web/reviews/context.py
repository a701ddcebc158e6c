"""The list of reviews, a review and its start have these page models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.forms import BaseForm

from delegation.reviews.queries import LineView
from portal.shell import review_lines
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.review_lines import DecidedLine, ReviewRow, Words
from portal.web.reviews.forms import END, KEEP, LATER, LOWER
from portal.wording import reviews as review_words


@dataclass(frozen=True, kw_only=True)
class ReviewsPage(PageModel):
    """Lists the reviews of the organization."""

    template: ClassVar[str] = "web/reviews/list.html"

    rows: Sequence[ReviewRow]
    start_url: str
    duties_url: str
    """Empty for a reader who does not see who holds duties to keep apart."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Describes an answer of a line, for the row of radios."""

    value: str
    key: str
    is_checked: bool


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Describes a line that the reader decides; `problem` says why it was refused."""

    name: str
    url: str
    access: str
    used: str
    given: str
    findings: Sequence[str]
    suggested: str
    lowers_to: str
    field: str
    shown_field: str
    shown: str
    choices: Sequence[Choice]
    problem: str


@dataclass(frozen=True, kw_only=True)
class ReviewPage(PageModel):
    """Shows a review: what the reader decides, what others decide, and what was decided."""

    template: ClassVar[str] = "web/reviews/detail.html"

    title: str
    lead: str
    size: int
    decided: int
    lines: Sequence[OpenLine]
    later_lines: int
    """The reader's further lines, which follow when these are decided."""
    waiting: Sequence[DecidedLine]
    """Open lines about which another person decides."""
    done: Sequence[DecidedLine]
    joined: str
    form: BaseForm
    here_url: str
    back_url: str
    export_url: str
    stop_url: str


def open_line(
    page: PageContext, view: LineView, words: Words, *, sent: Mapping[str, str], problem: str
) -> OpenLine:
    """Return a line to decide; `sent` is what the form of a refused page had."""
    line = view.line
    field = f"line-{line.id.hex}"
    chosen = sent.get(field, "")
    answers = [(KEEP, "K"), *([(LOWER, "L")] if view.lower else []), (END, "R"), (LATER, "?")]
    access = (view.access or []) if line.membership_id else []
    suggested = line.frozen["suggestion"]
    if suggested == LOWER and not view.lower:
        suggested = KEEP
    return OpenLine(
        name=view.name,
        url=page.url("person", membership=line.membership_id) if line.membership_id else "",
        access=review_lines.access_of(view, words, access),
        used=review_lines.used_of(view, words),
        given=review_lines.origin_of(view, words, access=access),
        findings=[review_words.finding(one) for one in line.frozen["findings"]],
        suggested=suggested,
        lowers_to=words.names.access(view.lower.to_json()) if view.lower else "",
        field=field,
        shown_field=f"shown-{line.id.hex}",
        shown=view.digest,
        choices=[Choice(value, key, chosen == value) for value, key in answers],
        problem=problem,
    )
