"""An answer is downloaded with the question, its number of rows and the proof of each event."""

from collections.abc import Callable, Collection
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from delegation.activity.giving_events import EventProof
from delegation.activity.scope import LogScope
from delegation.authorization.values import amount_to_json
from portal.http.request_context import Request
from portal.shell import access_answer_page, access_answers, export_file, query_string
from portal.shell.access_answers import ExplainedMatch
from portal.shell.access_questions import CURRENCY, Question
from portal.shell.export_file import ExportFile
from portal.shell.page_context import PageContext
from portal.wording import cldr

MAX_ROWS = 2000
"""No answer may take long."""
_COLUMNS = (
    "person", "membership", "tier", "amount", "currency", "period", "sites", "valid_from", "valid_until",
)  # fmt: skip
_EVENTS = ("invited", "assigned", "ended")
_PROOF = ("event", "chain", "seq", "hash")


def answer_file(
    page: PageContext,
    query: QueryDict,
    scope: LogScope,
    *,
    offered: Collection[str] | None = None,
    record: Callable[[], None] = lambda: None,
) -> HttpResponse | str | None:
    """Return the file; a sentence for an answer with too many rows; None for a question with an error.

    `record` runs before the names are read.
    """
    kind = export_file.asked_format(query)
    names, form = access_answer_page.names_and_form(page, query, offered=offered)
    if not kind or not form.is_bound or not form.is_valid():
        return None
    people = access_answers.answer(page, form.question, scope)
    if len(people.matches) > MAX_ROWS:
        text = _("A file holds at most %(number)s rows. Ask about one site, or about a higher amount.")
        return text % {"number": cldr.number(MAX_ROWS)}
    record()
    explained = access_answers.explain(page, form.question, people, people.matches, names)
    rows = [row_of(row) for row in explained]
    name = f"who-could-{page.organization.key}-{form.question.at.astimezone(page.zone):%Y-%m-%d}"
    titles = [*_COLUMNS, *(f"{event}_{part}" for event in _EVENTS for part in _PROOF)]
    head = _head(page, form.question, len(rows))
    return export_file.response(kind, ExportFile(name, head, rows, titles, [_cells(row) for row in rows]))


def download(
    request: Request,
    page: PageContext,
    scope: LogScope,
    back: str,
    *,
    offered: Collection[str] | None = None,
    record: Callable[[], None] = lambda: None,
) -> HttpResponse:
    """Answer with the file; a question with an error, or with too many rows, leads back to its page."""
    answer = answer_file(page, request.GET, scope, offered=offered, record=record)
    if isinstance(answer, HttpResponse):
        return answer
    if answer:
        messages.warning(request, answer)
    return HttpResponseRedirect(query_string.with_values(back, access_answer_page.values_of(request.GET)))


def _head(page: PageContext, question: Question, rows: int) -> dict[str, Any]:
    """Return the question in codes, and what the file answers."""
    return {
        "customer": page.organization.key,
        "could": question.could,
        "over": amount_to_json(question.amount),
        "currency": CURRENCY if question.amount is not None else None,
        "site": question.site.name if question.site else None,
        "at": question.at.isoformat(),
        "answered_at": page.at.isoformat(),
        "rows": rows,
    }


def row_of(row: ExplainedMatch) -> dict[str, Any]:
    """Return a person who could, in codes, with the proofs of the events."""
    right, assignment = row.match.right, row.assignment
    limited = right if right and right.takes_amount else None
    proofs = dict(zip(_EVENTS, (row.sent, row.assigned, row.ended), strict=True))
    return {
        "person": row.name,
        "membership": str(row.match.membership),
        "tier": assignment.role,
        "amount": (amount_to_json(limited.amount) or "unlimited") if limited else None,
        "currency": limited.currency if limited else None,
        "period": limited.period if limited else None,
        "sites": "all" if assignment.all_sites else [site.name for site in assignment.sites],
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat() if row.valid_until else None,
        **{name: _proof(proof) for name, proof in proofs.items()},
    }


def _proof(proof: EventProof | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    values = (str(proof.event), str(proof.chain), proof.number, proof.hash)
    return dict(zip(_PROOF, values, strict=True))


def _cells(row: dict[str, Any]) -> list[Any]:
    proofs = [row[event] or {} for event in _EVENTS]
    return [
        *(row[name] for name in _COLUMNS),
        *(proof.get(part) for proof in proofs for part in _PROOF),
    ]
