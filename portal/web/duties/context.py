"""The report, a request and an exception have these page models."""

from dataclasses import dataclass
from typing import ClassVar

from portal.shell.duty_lines import DutyReportView
from portal.shell.page_model import PageModel
from portal.web.duties.forms import AskExceptionForm


@dataclass(frozen=True, kw_only=True)
class DutiesPage(PageModel):
    """Lists who holds duties to keep apart, and the requests that wait."""

    template: ClassVar[str] = "web/duties/list.html"

    report: DutyReportView
    is_whole: bool
    """Whether it is the first page."""
    back_url: str


@dataclass(frozen=True, kw_only=True)
class DutyAskPage(PageModel):
    """Asks for an exception for one colleague."""

    template: ClassVar[str] = "web/duties/ask.html"

    title: str
    form: AskExceptionForm
    here_url: str
    back_url: str
    back_label: str
