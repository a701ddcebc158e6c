"""The lines of an access review are worded alike for the customer's admins and for the supplier's staff."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from delegation.catalogue import display_names
from delegation.reviews import queries
from delegation.reviews.queries import LineView, ReadReview, ReviewView
from portal.shell import csv_file
from portal.shell.page_context import PageContext
from portal.wording import dates
from portal.wording import reviews as review_words
from portal.wording.event_names import EventNames

_TONES = {"open": "wait", "completed": "ok", "lapsed": "differs", "cancelled": ""}


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """Describes a review in the list."""

    title: str
    url: str
    state: str
    tone: str
    """Of the state, for `kh.tag`."""
    progress: str
    sub: str


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """Describes a line as it was at the start, with what was decided, by which person and when."""

    name: str
    access: str
    decision: str
    sub: str


@dataclass(frozen=True, slots=True)
class Words:
    """Holds the names that lines are worded with."""

    names: EventNames
    people: Mapping[uuid.UUID, str]
    clock: dates.Clock
    lowest: str
    """The name of the lowest tier; empty where the catalogue has none."""


def words_of(page: PageContext, lines: Sequence[LineView], *, lowest: str) -> Words:
    """Read the names that these lines are worded with; `lowest` is the key of the lowest tier. Two statements."""
    names = display_names.load(organization=page.organization_id)
    clock = dates.Clock(page.at, page.zone)
    users = {one.line.decided_by for one in lines if one.line.decided_by}
    for one in lines:
        rows = [*one.line.frozen.get("access", ()), *(one.access or ())]
        users |= {uuid.UUID(row["given_by"]) for row in rows}
        users |= {one.line.person} if one.line.service_user_id else set()
    people = queries.people_names(organization=page.organization_id, users=users)
    tier = review_words.in_language(names.tiers[lowest]) if lowest in names.tiers else ""
    return Words(EventNames(names, people, clock), people, clock, tier)


def decided_line(view: LineView, words: Words) -> DecidedLine:
    """Return a line as it was frozen, with its decision."""
    line = view.line
    by = words.people.get(line.decided_by, "") if line.decided_by else ""
    when = words.clock.date_time(line.decided_at) if line.decided_at else ""
    return DecidedLine(
        name=view.name,
        access=access_of(view, words, line.frozen.get("access", ())),
        decision=review_words.decision(line.decision, line.basis),
        sub=" · ".join(part for part in (by, when) if part),
    )


def access_of(view: LineView, words: Words, access: Sequence[Mapping[str, Any]]) -> str:
    """Return the access of a member, or what a program may do."""
    if view.line.membership_id:
        return words.names.accesses(access)
    return review_words.permissions(view.scopes)


def review_row(view: ReviewView, *, url: str, clock: dates.Clock) -> ReviewRow:
    """Return a review in the list."""
    row = view.review
    return ReviewRow(
        title=title_of(row),
        url=url,
        state=review_words.state(row.state),
        tone=_TONES[row.state],
        progress=f"{row.size - view.open_lines} / {row.size}",
        sub=clock.date(row.started_at),
    )


def title_of(row: ReadReview) -> str:
    """Return the name of a review."""
    part = review_words.in_language(row.role.name) if row.role else row.site.name if row.site else ""
    return review_words.title(scope=row.scope, part=part)


def lead(row: ReadReview, words: Words, *, is_turn: bool) -> str:
    """Say until when who answers and what silence does, or how the review ended. `is_turn`: the reader has lines."""
    if row.state != "open":
        day = words.clock.date(row.closed_at) if row.closed_at else ""
        return _("%(state)s, %(day)s.") % {"state": review_words.state(row.state), "day": day}
    terms = {
        "day": words.clock.last_day(row.due_at),
        "outcome": review_words.silence(row.silence, tier=words.lowest),
    }
    if is_turn:
        sentences = [_("Answer by %(day)s, or %(outcome)s.") % terms]
    else:
        after = review_words.silence_after(row.silence, tier=words.lowest)
        sentences = [_("Answers are due by %(day)s.") % terms, after]
    sentences.append(_("Reviewer: %(name)s.") % {"name": row.reviewer.shown_name})
    if row.fallback:
        sentences.append(_("Stands in: %(name)s.") % {"name": row.fallback.shown_name})
    return " ".join(sentences)


def joined(page: PageContext, row: ReadReview) -> str:
    """Name who joined since the start, and has no line; the number is exact. One statement."""
    found = queries.joined_since(row, at=page.at)
    return dates.name_list([one.shown_name for one in found.named], total=found.number)


def evidence_file(page: PageContext, review: uuid.UUID) -> HttpResponse:
    """Return the evidence as a CSV file: each line as it was, the decision, its author and time. Raises NotFound."""
    row = queries.get(organization=page.organization_id, review=review)
    lowest = queries.lowest_key(at=page.at)
    lines = queries.lines(row, actor=page.viewer, at=page.at, lowest=lowest)
    words = words_of(page, lines, lowest=lowest)
    head = [
        _("Name"),
        _("Access at the start"),
        _("Last use"),
        _("Given"),
        _("Suggestion"),
        _("Unusual"),
        _("Decision"),
        _("Decided by"),
        _("Decided at"),
    ]
    table = [head, *(_file_line(one, words) for one in lines)]
    response = HttpResponse(csv_file.text(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="access-review-{row.id.hex[-8:]}.csv"'
    return response


def origin_of(view: LineView, words: Words, *, access: Sequence[Mapping[str, object]]) -> str:
    """Return who gave this access and when, or whose program it is."""
    if view.line.membership_id:
        return review_words.origin(access, people=words.people, clock=words.clock)
    frozen, person = view.line.frozen, view.line.person
    return review_words.program_origin(frozen, people=words.people, clock=words.clock, person=person)


def used_of(view: LineView, words: Words) -> str:
    """Return when the access was last used; empty for a program."""
    if not view.line.membership_id:
        return ""
    return review_words.last_used(view.line.frozen, names=words.names, clock=words.clock)


def _file_line(view: LineView, words: Words) -> list[str]:
    line, shown = view.line, decided_line(view, words)
    return [
        shown.name,
        shown.access,
        used_of(view, words),
        origin_of(view, words, access=line.frozen.get("access", ())),
        review_words.suggestion(line.frozen["suggestion"]),
        "; ".join(review_words.finding(one) for one in line.frozen["findings"]),
        shown.decision,
        _decider(line.decided_by, line.decided_by_kind, words),
        line.decided_at.isoformat() if line.decided_at else "",
    ]


def _decider(user: uuid.UUID | None, kind: str, words: Words) -> str:
    """Name who decided; time did without an answer."""
    if user is None:
        return ""
    return _("automatically") if kind == "system" else words.people.get(user, _("a former colleague"))
