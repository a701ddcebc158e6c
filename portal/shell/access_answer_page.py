"""Pages answer who could do what at an instant, by person, with the events that each right stands on."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.scope import LogScope
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from portal.shell import access_answers, access_questions, export_file, query_string
from portal.shell import forms as shell_forms
from portal.shell.access_answers import ExplainedMatch, FoundPeople, Match
from portal.shell.access_questions import Question, QuestionForm
from portal.shell.components import Link, Pager
from portal.shell.explanation import ExplanationStep
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import access, cldr, dates

PAGE_SIZE = 50
_CLOSE = 10


@dataclass(frozen=True, slots=True)
class MatchLine:
    """Describes a person who could: by which tier, how far, and why."""

    name: str
    what: str
    where: str
    chain: Sequence[ExplanationStep]
    rights_url: str


@dataclass(frozen=True, slots=True)
class OtherLine:
    """Describes a person who could not, or a member of the supplier's staff."""

    name: str
    sub: str


@dataclass(frozen=True, kw_only=True)
class AccessAnswer(PageModel):
    """Answers the question about one organization."""

    form: QuestionForm
    here_url: str
    changes_url: str
    zone: str
    question: str
    """Empty until it can be answered."""
    people: str
    of_people: str
    rows: Sequence[MatchLine]
    pager: Pager
    exports: Sequence[Link]
    """The same answer as files."""
    close: Sequence[OtherLine]
    close_more: str


@dataclass(frozen=True, slots=True)
class AnswerUrls:
    """Holds the addresses that an answer leads to; `rights_of` returns that of a member's rights."""

    here: str
    changes: str
    export: str
    rights_of: Callable[[uuid.UUID], str]


def values_of(query: QueryDict) -> dict[str, str]:
    """Return the parts of the question that an address holds."""
    return {name: query_string.text(query, name) for name in access_questions.FIELDS}


def names_and_form(
    page: PageContext, query: QueryDict, *, offered: Collection[str] | None = None
) -> tuple[DisplayNames, QuestionForm]:
    """Return the form, bound where the address asks something. One statement.

    It asks about these entitlements; about all of the catalogue without them.
    """
    names = display_names.load(organization=page.organization_id)
    values = values_of(query)
    typed = {site.name.casefold(): site.name for site in names.sites.values()}
    values["site"] = typed.get(values["site"].casefold(), values["site"])
    data = values if any(values.values()) else None
    choices = {key: text for key, text in names.entitlements.items() if offered is None or key in offered}
    form = QuestionForm(
        data, names=replace(names, entitlements=choices), clock=dates.Clock(page.at, page.zone)
    )
    return names, form


def answer_fields(
    page: PageContext,
    query: QueryDict,
    scope: LogScope,
    urls: AnswerUrls,
    *,
    offered: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return the fields of a page with the answer, or the form with what is to be corrected; also `staff_lines`.

    Twelve statements at most; one more for a reader who sees only some of the people.
    """
    names, form = names_and_form(page, query, offered=offered)
    empty: dict[str, Any] = {
        "form": form,
        "here_url": urls.here,
        "changes_url": urls.changes,
        "zone": cldr.place(page.zone),
        "question": "",
        "people": "",
        "of_people": "",
        "rows": (),
        "pager": Pager(""),
        "exports": (),
        "close": (),
        "close_more": "",
        "staff_lines": (),
    }
    if not form.is_bound or not form.is_valid():
        return empty
    found = access_answers.answer(page, form.question, scope)
    return empty | _answered(page, form.question, found, names, query, urls)


def _answered(
    page: PageContext,
    question: Question,
    found: FoundPeople,
    names: DisplayNames,
    query: QueryDict,
    urls: AnswerUrls,
) -> dict[str, Any]:
    values = values_of(query)
    start = _start(found.matches, shell_forms.identifier(query.get("from", "")))
    shown = found.matches[start : start + PAGE_SIZE]
    explained = access_answers.explain(page, question, found, shown, names)
    clock = dates.Clock(page.at, page.zone)
    more = len({match.membership for match in found.close}) - _CLOSE
    return {
        "question": access_questions.title(question, names, page.zone),
        "people": ngettext("%(number)s person could", "%(number)s people could", found.number)
        % {"number": cldr.number(found.number)},
        "of_people": ngettext("of %(number)s person that day", "of %(number)s people that day", found.people)
        % {"number": cldr.number(found.people)},
        "rows": [_person(urls, values, row, clock) for row in explained],
        "pager": _pager(query_string.with_values(urls.here, values), found.matches, start),
        "exports": export_file.links(urls.export, values),
        "close": [_close(match, found) for match in _first_of_each(found.close)],
        "close_more": _("and %(number)s more") % {"number": cldr.number(more)} if more > 0 else "",
        "staff_lines": [
            OtherLine(one.name, _interval(one.valid_from, one.valid_until, clock)) for one in found.staff
        ],
    }


def _start(matches: Sequence[Match], first: uuid.UUID | None) -> int:
    """Return where the page begins whose first row is this assignment; the beginning for an unknown one."""
    return next((index for index, match in enumerate(matches) if match.assignment == first), 0)


def _pager(asked: str, matches: Sequence[Match], start: int) -> Pager:
    def page_from(index: int) -> str:
        return query_string.with_values(asked, {"from": str(matches[index].assignment)})

    after = start + PAGE_SIZE
    return Pager(
        "",
        previous_url=page_from(max(0, start - PAGE_SIZE)) if start else "",
        next_url=page_from(after) if after < len(matches) else "",
    )


def _person(urls: AnswerUrls, asked: Mapping[str, str], row: ExplainedMatch, clock: dates.Clock) -> MatchLine:
    right = row.match.right
    parts = [access.tiers([row.assignment])]
    if right and right.takes_amount:
        parts.append(access.limit(right.amount, right.currency, right.period))
    parts.append(access.assignment_sites(row.assignment, in_sentence=True))
    return MatchLine(
        name=row.name,
        what=", ".join(parts),
        where=_interval(row.valid_from, row.valid_until, clock),
        chain=row.chain,
        rights_url=query_string.with_values(urls.rights_of(row.match.membership), asked),
    )


def _interval(begin: dt.datetime, end: dt.datetime | None, clock: dates.Clock) -> str:
    """Return `4 May 2026 – 30 Sep 2026`, `since 4 May 2026`."""
    if end is None:
        return _("since %(day)s") % {"day": clock.date(begin)}
    last = clock.date(end - dt.timedelta(microseconds=1))
    return f"{clock.date(begin)} – {last}"


def _first_of_each(matches: Sequence[Match]) -> list[Match]:
    first: dict[uuid.UUID, Match] = {}
    for match in matches:
        first.setdefault(match.membership, match)
    return list(first.values())[:_CLOSE]


def _close(match: Match, found: FoundPeople) -> OtherLine:
    right = match.right
    parts = []
    if right is not None:
        limit = access.limit(right.amount, right.currency, right.period) if right.takes_amount else ""
        parts = [limit, access.right_sites(right)]
    return OtherLine(
        found.members[match.membership].name, dates.first_upper(", ".join(part for part in parts if part))
    )
