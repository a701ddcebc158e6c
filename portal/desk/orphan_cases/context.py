"""The page of a case has three conditions, two people and one clock; each form is for those who can send it now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.orphan_cases import addressees, rules
from delegation.orphan_cases.case_views import STATE, CaseView
from portal.desk.orphan_cases import conditions, ladder_rows, letter_rows, outcome_text
from portal.desk.orphan_cases.conditions import CaseCondition
from portal.desk.orphan_cases.forms import (
    AskByMailForm,
    OpenCaseForm,
    PersonToInviteForm,
    ProofForm,
    VerdictForm,
)
from portal.desk.orphan_cases.ladder_rows import MissingRung, Rung
from portal.desk.orphan_cases.letter_rows import LetterRow, Objection, TimelineRow
from portal.desk.orphan_cases.outcome_text import Decider, OutcomeText
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import dates, orphan_cases


@dataclass(frozen=True, slots=True)
class Suggested:
    """Names a person that the reader can ask by one button."""

    name: str
    sub: str
    email: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseForms:
    """Holds the forms of the page, with what was entered; None for one that the reader cannot send now."""

    verdict: VerdictForm | None = None
    proof: ProofForm | None = None
    person: PersonToInviteForm | None = None
    ask: AskByMailForm | None = None
    key: str = ""
    """For forms without fields."""

    @property
    def with_errors(self) -> Any:
        """Return the form that was refused; None where none was."""
        forms = (self.verdict, self.proof, self.person, self.ask)
        return next((one for one in forms if one is not None and one.is_bound and one.errors), None)


@dataclass(frozen=True, kw_only=True)
class CasePage(PageModel):
    """Shows a case, with the steps that the reader can take."""

    template: ClassVar[str] = "desk/orphan_cases/detail.html"

    title: str
    facts: Sequence[str]
    back_url: str
    customer_url: str
    conditions: Sequence[CaseCondition]
    objections: Sequence[Objection]
    rungs: Sequence[Rung]
    missing: Sequence[MissingRung]
    forms: CaseForms
    proof_url: str
    judges: str
    """`propose` or `approve` for a reader who can judge the proofs now, else empty."""
    person: str
    """The name of the person to invite; empty before one was named."""
    person_email: str
    deciders: Sequence[Decider]
    outcome: OutcomeText
    suggested: Sequence[Suggested]
    asked: Sequence[LetterRow]
    notified: Sequence[LetterRow]
    more_notified: int
    timeline: Sequence[TimelineRow]
    withdraw_url: str
    post_url: str
    close_url: str
    requests: Sequence[str] = field(default=())
    """Who asked by the public form, and for which company."""


@dataclass(frozen=True, kw_only=True)
class CaseStepPage(PageModel):
    """Asks for the reason of a step."""

    template: ClassVar[str] = "desk/orphan_cases/step.html"

    title: str
    lead: str
    label: str
    button: str
    is_final: bool
    quote: str
    form: Any
    back_url: str
    customer: str


@dataclass(frozen=True, kw_only=True)
class OpenCasePage(PageModel):
    """Asks for the person to invite, if one is known."""

    template: ClassVar[str] = "desk/orphan_cases/open.html"

    customer: str
    back_url: str
    form: OpenCaseForm


@dataclass(frozen=True, kw_only=True)
class PostLetterPage(PageModel):
    """Shows the address that a letter by post has, once."""

    template: ClassVar[str] = "desk/orphan_cases/post.html"

    customer: str
    link: str
    until: str
    back_url: str


def case_page(page: PageContext, case: CaseView, forms: CaseForms) -> CasePage:
    """Return the page. Twelve statements at most besides those of the case."""
    row, clock, verbs = case.row, dates.Clock(page.at, page.zone), page.abilities
    domains = ladder_rows.domains(case, page.at)
    notified = letter_rows.notified_rows(case)
    return CasePage(
        title=outcome_text.title(case),
        facts=_facts(case, clock),
        back_url=reverse("staff_cases"),
        customer_url=page.url("staff_organization") if Verb.MEMBER_VIEW in verbs else "",
        conditions=conditions.conditions(case, clock),
        objections=letter_rows.objections(page, case, clock),
        rungs=ladder_rows.rungs(page, case, clock, forms.verdict),
        missing=ladder_rows.missing(page, case, domains),
        forms=forms,
        proof_url=page.url("staff_case_proof", case=row.id),
        judges=judges(page, case),
        person=row.name,
        person_email=row.email,
        deciders=outcome_text.deciders(case, clock, second=judges(page, case) == "approve"),
        outcome=outcome_text.outcome(page, case, clock),
        suggested=_suggested(case) if forms.ask is not None else (),
        asked=letter_rows.question_rows(case),
        notified=notified,
        more_notified=case.notices - len(notified),
        timeline=letter_rows.timeline(case, clock),
        requests=[f"{one.name}, {one.email}: {one.company} {one.number}".strip() for one in case.requests],
        **_step_urls(page, case),
    )


def judges(page: PageContext, case: CaseView) -> str:
    """Return what the reader decides by verdicts now: `propose`, `approve`, or nothing."""
    row, verbs = case.row, page.abilities
    if row.state == STATE.OPEN and case.proofs and row.email and Verb.ORPHAN_CASE_PROPOSE in verbs:
        return "propose"
    others = {*rules.makers(row), *case.deciders}
    waits = row.state == STATE.PROPOSED and row.stopped_at is None
    if waits and Verb.ORPHAN_CASE_APPROVE in verbs and page.viewer.id not in others:
        return "approve"
    return ""


def _step_urls(page: PageContext, case: CaseView) -> dict[str, str]:
    row, verbs = case.row, page.abilities

    def url(step: str, verb: Verb, *, applies: bool) -> str:
        return page.url("staff_case_step", case=row.id, step=step) if applies and verb in verbs else ""

    waits = row.state in {STATE.PROPOSED, STATE.APPROVED}
    return {
        "withdraw_url": url("withdraw", Verb.ORPHAN_CASE_WITHDRAW, applies=waits and row.stopped_at is None),
        "post_url": url("post", Verb.ORPHAN_CASE_NOTIFY, applies=waits),
        "close_url": url("close", Verb.ORPHAN_CASE_CLOSE, applies=row.closed_at is None),
    }


def _facts(case: CaseView, clock: dates.Clock) -> Sequence[str]:
    row = case.row
    opened = _("opened %(moment)s") % {"moment": clock.when(row.opened_at)}
    if case.opened_by and row.opened_by_kind == "staff":
        opened = _("opened %(moment)s by %(name)s") % {
            "moment": clock.when(row.opened_at),
            "name": case.opened_by,
        }
    return [orphan_cases.STATES[row.state](), opened, orphan_cases.CAUSES[row.cause]()]


def _suggested(case: CaseView) -> Sequence[Suggested]:
    return [
        Suggested(one.name, orphan_cases.RECIPIENTS[one.recipient](), one.email)
        for one in addressees.suggested(case=case.row)
    ]
