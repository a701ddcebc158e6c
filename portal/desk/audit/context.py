"""The pages of the question and its answer have these page models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict
from django.urls import reverse

from portal.shell import access_answer_page, rights_changes
from portal.shell.access_answer_page import AccessAnswer, AnswerUrls, OtherLine
from portal.shell.access_questions import QuestionForm
from portal.shell.components import Link
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel


@dataclass(frozen=True, kw_only=True)
class AskPage(PageModel):
    """Asks the question; with customers, several match the text."""

    template: ClassVar[str] = "desk/audit/ask.html"

    form: QuestionForm
    customer: str
    error: str
    choices: Sequence[Link]
    more_choices: bool
    """Whether more customers match than there are choices."""
    ask_url: str


@dataclass(frozen=True, kw_only=True)
class AnswerPage(AccessAnswer):
    """Answers the question about one customer."""

    template: ClassVar[str] = "desk/audit/answer.html"

    customer: str
    ask_url: str
    staff_lines: Sequence[OtherLine]


def urls(page: PageContext) -> AnswerUrls:
    """Return the addresses that the customer's answer leads to."""
    key = page.organization.key
    return AnswerUrls(
        here=reverse("staff_audit_answer", args=[key]),
        changes=reverse("staff_audit_changes", args=[key]),
        export=reverse("staff_audit_export", args=[key]),
        rights_of=lambda membership: reverse("staff_audit_rights", args=[key, membership]),
    )


def answer_page(page: PageContext, query: QueryDict) -> AnswerPage:
    """Return the answer, or the form with what is to be corrected. Twelve statements at most."""
    return AnswerPage(
        customer=page.organization.name,
        ask_url=reverse("staff_audit"),
        **access_answer_page.answer_fields(page, query, rights_changes.log_scope_of(page), urls(page)),
    )
