"""Support reads a question about an admin that no one answered in time, and closes it with a note."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation import continuity
from delegation.absence_claims import commands, queries
from delegation.absence_claims.queries import ClaimView
from delegation.activity import queries as activity_queries
from delegation.authorization.errors import AlreadyExists, ClaimClosed, HasAdmin, InvalidInput
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import queries as cases_queries
from delegation.orphan_cases.commands import opening
from delegation.people import recency
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.forms import IdempotentForm
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import absence_claims, dates, refusals

_NOTE_LENGTH = 300
_CLOSE, _OPEN_CASE = "close", "case"
"""What the buttons send."""


class DeskClaimForm(IdempotentForm):
    """Asks why the question is closed, or a case opened."""

    note = forms.CharField(max_length=_NOTE_LENGTH)
    step = forms.ChoiceField(choices=[(one, one) for one in (_CLOSE, _OPEN_CASE)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].error_messages |= {
            "required": _("Enter what you found out."),
            "max_length": _("This is too long."),
        }


@dataclass(frozen=True, kw_only=True)
class DeskClaimPage(PageModel):
    """Shows a question about an admin, with what support needs to follow it up."""

    template: ClassVar[str] = "desk/absence_claims/detail.html"

    name: str
    customer: str
    facts: Sequence[tuple[str, str]]
    """Names and values."""
    person_url: str
    back_url: str
    form: DeskClaimForm
    is_open: bool
    opens_case: bool = False
    """Whether the reader can open a case with this question as its ground."""
    others: str = ""
    """The working admins who are there, and who decide instead; empty for none."""


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.ABSENCE_CLOSE)
def detail(request: Request, found: OrganizationPage, claim: uuid.UUID) -> HttpResponse:
    """GET shows the question; POST closes it with a note, or opens a case with it as the ground."""
    page = found.page
    view = queries.get(organization=page.organization_id, claim=claim)
    found.record(Reading.PERSON, membership=view.membership)
    form = DeskClaimForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, _page(page, view, form))
    run = _open_case if form.cleaned_data["step"] == _OPEN_CASE else _close
    run(request, page, view, form)
    return HttpResponseRedirect(page.url("staff_claim", claim=claim))


def _close(request: Request, page: PageContext, view: ClaimView, form: DeskClaimForm) -> None:
    try:
        commands.close(
            actor=page.viewer,
            claim=view.row,
            note=form.cleaned_data["note"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except ClaimClosed as refusal:
        messages.info(request, refusals.sentence_for(refusal).text)
    else:
        messages.success(request, _("The question is closed. Nothing else has changed."))


def _open_case(request: Request, page: PageContext, view: ClaimView, form: DeskClaimForm) -> None:
    """Open a case of a missing admin. Its own pages lead on; nothing changes for the customer's people."""
    try:
        opening.open_case(
            actor=page.viewer,
            organization=view.row.organization,
            cause="claim",
            note=form.cleaned_data["note"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except (HasAdmin, AlreadyExists, InvalidInput) as refusal:
        messages.info(request, refusals.sentence_for(refusal).text)
    else:
        messages.success(request, _("The case is open. Nothing has changed for the customer’s people."))


def _page(page: PageContext, view: ClaimView, form: DeskClaimForm) -> DeskClaimPage:
    """Return the question. Six statements."""
    clock = dates.Clock(page.at, page.zone)
    may_open = view.state == "open" and view.answer_by <= page.at and Verb.ORPHAN_CASE_OPEN in page.abilities
    there = cases_queries.present_admins(organization=page.organization_id, at=page.at) if may_open else []
    signed_in = recency.last_sign_ins(memberships=[view.membership]).get(view.membership)
    admins = continuity.named_admins(organization=page.organization_id, at=page.at)
    closed = ""
    if view.closed_at is not None:
        closed = f"{view.closed_by}, {clock.date_time(view.closed_at, seconds=False)}"
    facts = [
        (_("State"), absence_claims.STATES[view.state]()),
        (_("Asked by"), f"{view.claimer}, {clock.date_time(view.claimed_at, seconds=False)}"),
        (_("What the colleague knows"), absence_claims.REASONS[view.reason]()),
        (_("Message"), _message(view)),
        (_("Answer by"), clock.day(view.answer_by)),
        (_("Last sign-in"), clock.last_sign_in(signed_in)),
        (_("Working admins"), dates.name_list([one.user.name for one in admins]) or _("None")),
        (_("Closed by"), closed),
    ]
    return DeskClaimPage(
        name=view.name,
        customer=page.organization.name,
        facts=[(label, value) for label, value in facts if value],
        person_url=page.url("staff_person", membership=view.membership),
        back_url=page.url("staff_organization"),
        form=form,
        is_open=view.state == "open",
        opens_case=may_open and not there,
        others=dates.name_list([one.shown_name for one in there]),
    )


def _message(view: ClaimView) -> str:
    events = activity_queries.of_act(
        organization=view.organization, act=view.row.act, verb=Verb.ABSENCE_CLAIM.value
    )
    return next((event.personal.get("reason", "") for event in events if event.is_authentic), "")
