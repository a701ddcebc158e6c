"""`manage.py rights` answers who of a customer could do something on a day, and what one person could do."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import HttpResponse, QueryDict
from django.utils.html import strip_tags

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from delegation.activity import scope as activity_scope
from delegation.activity.scope import LogScope
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceilings
from delegation.staff import readings
from delegation.staff.readings import Reading
from identity.memberships import queries as memberships_queries
from identity.organizations import queries as organizations_queries
from portal.shell import (
    access_answer_file,
    access_answer_page,
    access_questions,
    export_file,
    rights_at_instant,
)
from portal.shell.access_answer_page import AnswerUrls
from portal.shell.access_questions import QuestionForm
from portal.shell.explanation import ExplanationStep
from portal.shell.page_context import PageContext
from portal.wording import dates, time_zones

_TEXT = "text"
_NO_URLS = AnswerUrls(here="", changes="", export="", rights_of=lambda _membership: "")


class Command(BaseCommand):
    """Answers as the pages and the REST API do, with the events that each right stands on."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `who CUSTOMER COULD` and `of CUSTOMER ADDRESS`, each with a day and a time."""
        what = parser.add_subparsers(dest="what", required=True)
        who = what.add_parser("who", help="list who could do something, with the grounds of each")
        who.add_argument("customer", metavar="CUSTOMER", help="the word of the customer in web addresses")
        who.add_argument(
            "could", metavar="COULD", help="the key of an entitlement, or a verb such as member.invite"
        )
        who.add_argument("--over", default="", metavar="AMOUNT", help="for more than this amount")
        who.add_argument("--site", default="", metavar="NAME", help="for this site")
        formats = [_TEXT, *export_file.CONTENT_TYPES]
        formats.remove("xlsx")
        who.add_argument(
            "--format", choices=formats, default=_TEXT, help="a file holds the proofs of the events"
        )
        of = what.add_parser("of", help="list what one person could do, with the grounds")
        of.add_argument("customer", metavar="CUSTOMER", help="the word of the customer in web addresses")
        of.add_argument("address", metavar="ADDRESS", help="the mail address of a present or former member")
        for one in (who, of):
            one.add_argument(
                "--day", default="", help="such as 2026-06-01, in the customer's zone; today without"
            )
            one.add_argument("--time", default="", help="such as 16:30; noon of a named day, now without one")

    def handle(self, *, what: str, customer: str, **options: Any) -> None:
        """Read, record the reading in the customer's log, and print. Raises CommandError."""
        page = _page_of(customer)
        query = _query(page, options) if what == "who" or options["day"] or options["time"] else QueryDict()
        lines = (
            self._who(page, query, options["format"])
            if what == "who"
            else _of(page, query, options["address"])
        )
        for line in lines:
            self.stdout.write(line)

    def _who(self, page: PageContext, query: QueryDict, kind: str) -> Iterable[str]:
        """Return the lines of the answer. A file is written here instead: as a proof it keeps each character."""
        offered = ceilings.ever_offered(organization=page.organization_id)
        _names, form = access_answer_page.names_and_form(page, query, offered=offered)
        if not form.is_valid():
            raise CommandError("\n".join(_faults(form)))
        _record(page, Reading.ANSWER if kind == _TEXT else Reading.EXPORT)
        if kind == _TEXT:
            return _answer(page, query, offered)
        file = access_answer_file.answer_file(page, query, _scope(page), offered=offered)
        if not isinstance(file, HttpResponse):
            raise CommandError(file or "The question cannot be answered as a file.")
        self.stdout.write(file.content.decode(), ending="")
        return ()


def _page_of(key: str) -> PageContext:
    """Return what the pages of an auditor of the whole supplier start from. Raises CommandError."""
    found = organizations_queries.find_by_key(key=key)
    if found is None:
        raise CommandError(f"{key} is no customer.")
    return PageContext(
        viewer=system(channel=Channel.SHELL),
        organization=found,
        at=clock.now(),
        zone=time_zones.first_known(found.time_zone),
        abilities=frozenset({Verb.ACTIVITY_VIEW}),
        membership=None,
    )


def _query(page: PageContext, options: dict[str, Any]) -> QueryDict:
    """Return the question as an address holds it."""
    now, names_one = page.at.astimezone(page.zone), bool(options["day"] or options["time"])
    day = options["day"] or now.date().isoformat()
    time = options["time"] or ("" if names_one else f"{now:%H:%M}")
    query = QueryDict(mutable=True)
    values = {
        "could": options.get("could", ""),
        "amount": options.get("over", ""),
        "site": options.get("site", ""),
        "day": day,
        "time": time,
        "format": options.get("format", ""),
    }
    query.update(values)
    return query


def _faults(form: QuestionForm) -> Iterator[str]:
    """Name what is wrong by the option; for an unknown right, with all that the customer was ever offered."""
    options = {"amount": "--over", "could": "COULD"}
    for field, errors in form.errors.items():
        yield f"{options.get(field, f'--{field}')}: {' '.join(map(str, errors))}"
    if "could" in form.errors:
        could: Any = form.fields["could"]
        yield f"It is one of: {', '.join(key for _group, choices in could.choices for key, _text in choices)}."


def _record(page: PageContext, what: Reading, **about: Any) -> None:
    readings.record(actor=page.viewer, what=what, organizations=[page.organization_id], at=page.at, **about)


def _scope(page: PageContext) -> LogScope:
    return activity_scope.log_scope(
        actor=page.viewer, organization=page.organization_id, at=page.at, staff_abilities=page.abilities
    )


def _answer(page: PageContext, query: QueryDict, offered: Iterable[str]) -> Iterator[str]:
    """Print the whole answer, which the pages show in parts."""
    fields = access_answer_page.answer_fields(page, query, _scope(page), _NO_URLS, offered=list(offered))
    yield fields["question"]
    yield f"{fields['people']}, {fields['of_people']}."
    while True:
        for row in fields["rows"]:
            yield f"{row.name}: {strip_tags(row.what)}, {row.where}"
            yield from map(_step, row.chain)
        following = QueryDict(fields["pager"].next_url.partition("?")[2]).get("from")
        if not following:
            break
        query["from"] = following
        fields = access_answer_page.answer_fields(page, query, _scope(page), _NO_URLS, offered=list(offered))
    for one in fields["staff_lines"]:
        yield f"Of the supplier’s staff: {one.name}, {one.sub}"
    for one in fields["close"]:
        yield f"Not so much, or elsewhere: {one.name}: {strip_tags(one.sub)}"


def _of(page: PageContext, query: QueryDict, address: str) -> Iterator[str]:
    member = memberships_queries.of_address(organization=page.organization_id, address=address).first()
    if member is None:
        raise CommandError(f"{address} is no member of {page.organization.name}, and was none.")
    _require_past(page, query)
    _record(page, Reading.RIGHTS, membership=member.id)
    fields = rights_at_instant.page_fields(page, member.id, query, _scope(page), _NO_URLS)
    yield f"{fields['name']}, {fields['when']}: {len(fields['rights']) or 'no'} rights."
    for right in fields["rights"]:
        yield f"{strip_tags(right.text)}: {strip_tags(right.where)}"
        yield from map(_step, right.chain)


def _require_past(page: PageContext, query: QueryDict) -> None:
    """Raise CommandError for a wrong day or time, and for one that has not come: the answer would be about now."""
    if not query:
        return
    day, time = dates.parse_day(query.get("day", "")), access_questions.parse_time(query.get("time", ""))
    if day is None or time is None:
        raise CommandError("Name the day as 2026-06-01, and the time as 16:30.")
    if dt.datetime.combine(day, time, tzinfo=page.zone) > page.at:
        raise CommandError("Name a day and time that have passed.")


def _step(step: ExplanationStep) -> str:
    parts = (f"{step.strong} {step.text}".strip(), step.sub)
    proofs = [f"event {proof.event}, hash {proof.hash}" for proof in step.proofs]
    return "    " + " · ".join(part for part in (*parts, *proofs) if part)
