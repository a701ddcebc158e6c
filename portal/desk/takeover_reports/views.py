"""Support reads what a person reported about the own sign-in, and closes the report with a note."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import TakeoverClosed
from delegation.authorization.verbs import Verb
from delegation.staff.readings import Reading
from delegation.takeover_reports import commands, queries
from delegation.takeover_reports.queries import ReportView
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.forms import IdempotentForm
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import cldr, dates, refusals

_NOTE_LENGTH = 300
_CLOSE = "close"


class CloseTakeoverForm(IdempotentForm):
    """Asks what support found out."""

    note = forms.CharField(max_length=_NOTE_LENGTH)
    step = forms.ChoiceField(choices=[(_CLOSE, _CLOSE)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].error_messages |= {
            "required": _("Enter what you found out."),
            "max_length": _("This is too long."),
        }


@dataclass(frozen=True, kw_only=True)
class TakeoverPage(PageModel):
    """Shows a report, with what ended by it."""

    template: ClassVar[str] = "desk/takeover_reports/detail.html"

    name: str
    email: str
    customer: str
    facts: Sequence[tuple[str, str]]
    """Names and values."""
    person_url: str
    back_url: str
    form: CloseTakeoverForm
    is_open: bool


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.TAKEOVER_CLOSE)
def detail(request: Request, found: OrganizationPage, report: uuid.UUID) -> HttpResponse:
    """GET shows the report; POST closes it with a note. Nothing else changes."""
    page = found.page
    view = queries.get(organization=page.organization_id, report=report)
    found.record(Reading.PERSON, membership=view.membership)
    form = CloseTakeoverForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, _page(page, view, form))
    try:
        commands.close(
            actor=page.viewer,
            report=view.row,
            organization=page.organization_id,
            note=form.cleaned_data["note"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except TakeoverClosed as refusal:
        messages.info(request, refusals.sentence_for(refusal).text)
    else:
        messages.success(request, _("The report is closed. Nothing else has changed."))
    return HttpResponseRedirect(page.url("staff_takeover", report=report))


def _page(page: PageContext, view: ReportView, form: CloseTakeoverForm) -> TakeoverPage:
    """Return the report. Three statements."""
    clock = dates.Clock(page.at, page.zone)
    row = view.row
    events = queries.events_of(row)
    reported, end = events.get(Verb.TAKEOVER_REPORT), events.get(Verb.TAKEOVER_CLOSE)
    closed = ""
    if row.closed_at is not None:
        closed = f"{view.closed_by}, {clock.date_time(row.closed_at, seconds=False)}"
    facts = [
        (_("Change"), clock.date_time(row.changed_at, seconds=False)),
        (_("Blocked"), clock.date_time(row.reported_at, seconds=False)),
        (_("Open sessions that ended"), cldr.number(reported.facts["sessions"]) if reported else ""),
        (
            _("Sign-in methods removed"),
            cldr.number(len(reported.facts["removed_factors"])) if reported else "",
        ),
        (_("Closed by"), closed),
        (_("Note"), end.personal.get("reason", "") if end else ""),
    ]
    return TakeoverPage(
        name=view.name,
        email=view.email,
        customer=page.organization.name,
        facts=[(label, value) for label, value in facts if value],
        person_url=page.url("staff_person", membership=view.membership),
        back_url=page.url("staff_organization"),
        form=form,
        is_open=row.closed_at is None,
    )
