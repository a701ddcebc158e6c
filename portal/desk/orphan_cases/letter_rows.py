"""The page of a case shows who was notified and asked, what was answered, and what happened."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.orphan_cases import rules
from delegation.orphan_cases.case_steps import StepView
from delegation.orphan_cases.case_views import CaseView, LetterView
from portal.shell.page_context import PageContext
from portal.wording import dates, orphan_cases


@dataclass(frozen=True, slots=True)
class LetterRow:
    """Describes the recipient of a letter, with the answer as a state and its words."""

    name: str
    sub: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Objection:
    """Describes an objection that waits for a decision; the addresses are empty for one who cannot decide."""

    text: str
    by: str
    continue_url: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """Describes a step of the case."""

    iso: str
    when: str
    who: str
    text: str
    note: str
    is_stop: bool


_STATES = {"yes": "ok", "no": "differs", "objected": "differs"}
_LISTED = 8
"""Notices that the page lists by name: a large customer has thousands."""


def notified_rows(case: CaseView) -> Sequence[LetterRow]:
    """Return the first recipients of notices, those who objected first."""
    return [_letter_row(one) for one in case.letters if one.is_notice][:_LISTED]


def question_rows(case: CaseView) -> Sequence[LetterRow]:
    """Return who was asked."""
    return [_letter_row(one) for one in case.letters if not one.is_notice]


def _letter_row(letter: LetterView) -> LetterRow:
    words = {"yes": _("Agrees"), "no": _("Does not agree"), "objected": _("Objected")}
    state, text = _STATES.get(letter.answer, "none"), words.get(letter.answer, _("No answer"))
    if letter.is_returned and not letter.answer:
        state, text = "failed", _("Mail comes back")
    return LetterRow(
        name=letter.name or orphan_cases.RECIPIENTS[letter.recipient](),
        sub=orphan_cases.RECIPIENTS[letter.recipient]() if letter.name else "",
        state=state,
        words=text,
    )


def objections(page: PageContext, case: CaseView, clock: dates.Clock) -> Sequence[Objection]:
    """Return the objections without a decision, with where the reader decides."""
    is_final = case.row.state in rules.APPROVED_FINALLY
    verb = Verb.ORPHAN_CASE_APPROVE if is_final else Verb.ORPHAN_CASE_CONTINUE
    decides = verb in page.abilities and page.viewer.id not in rules.barred_from_objections(case.row)
    return [
        Objection(
            text=one.text,
            by=", ".join(
                filter(
                    None,
                    (
                        one.name,
                        orphan_cases.RECIPIENTS[one.recipient](),
                        clock.when(one.answered_at) if one.answered_at else "",
                    ),
                )
            ),
            continue_url=f"{page.url('staff_case_step', case=case.row.id, step='continue')}?letter={one.id}"
            if decides
            else "",
        )
        for one in case.undecided
    ]


def timeline(case: CaseView, clock: dates.Clock) -> Sequence[TimelineRow]:
    """Return the steps, the newest first."""
    answered = {
        one.row.answered_act: one.name or orphan_cases.RECIPIENTS[one.recipient]() for one in case.answered
    }
    return [_step(one, answered.get(one.act, ""), clock) for one in case.steps]


def _step(step: StepView, answered_by: str, clock: dates.Clock) -> TimelineRow:
    is_objection = step.verb == Verb.ORPHAN_CASE_OBJECT
    return TimelineRow(
        iso=step.at.isoformat(),
        when=dates.first_upper(clock.when(step.at)),
        who=answered_by or step.actor or _("The system"),
        text=orphan_cases.done(step.verb),
        # Proofs and objections are shown with their text above.
        note="" if step.verb in {Verb.ORPHAN_CASE_PROVE, Verb.ORPHAN_CASE_OBJECT} else step.note,
        is_stop=is_objection,
    )
