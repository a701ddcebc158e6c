"""Admins see the continuity grade of their organization with its facts, and confirm to be admins still."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import Denied, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.continuity_grades import commands, queries
from delegation.continuity_grades.queries import AdminFacts
from portal.http.request_context import Request
from portal.shell import grade_box, page_context, page_model, reader_summary
from portal.shell.forms import IdempotentForm
from portal.shell.grade_box import GradeBox, Grading
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import brands, dates

CONFIRM = "confirm"
"""What the button sends."""


class ConfirmForm(IdempotentForm):
    """Confirms that the reader is still an admin: only the button of a page sends `step`."""

    step = forms.ChoiceField(choices=[(CONFIRM, CONFIRM)])


@dataclass(frozen=True, slots=True)
class AdminLine:
    """Describes a working admin."""

    name: str
    signed_in: str
    confirmed: str


@dataclass(frozen=True, kw_only=True)
class ContinuityPage(PageModel):
    """Shows the grade, the working admins, and what the reader can do about it."""

    template: ClassVar[str] = "web/admins/continuity.html"

    grade: GradeBox
    admins: Sequence[AdminLine]
    unlisted: int
    """How many more there are."""
    confirms: bool
    """Whether the reader is a working admin, who can confirm."""
    confirm_by: str
    promote_url: str
    """Empty for a reader who makes no admins."""
    handover_url: str
    """Empty for a reader who is no working admin."""
    supplier: str
    phone: str
    here_url: str
    form: ConfirmForm


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def continuity(request: Request, page: PageContext) -> HttpResponse:
    """GET shows the grade; POST confirms. Raises Denied for readers who manage no people."""
    if not reader_summary.manages_people(page):
        raise Denied(reason="no_permission")
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        _confirm(request, page, form)
        return HttpResponseRedirect(page.url("continuity"))
    clock = dates.Clock(page.at, page.zone)
    reader = page.own_membership.id
    grading = grade_box.load(organization=page.organization_id, clock=clock, reader=reader)
    return page_model.render(request, _page(page, clock, grading, form))


def _confirm(request: Request, page: PageContext, form: ConfirmForm) -> None:
    own = queries.own_membership(membership=page.own_membership.id)
    try:
        commands.confirm(
            actor=page.viewer, membership=own, idempotency_key=form.cleaned_data["idempotency_key"]
        )
    except Unchanged:
        messages.info(request, _("You have confirmed already."))
    except NotFound as refusal:
        raise Denied(reason="no_permission") from refusal
    else:
        messages.success(request, _("Confirmed: you are still an admin here."))


def _page(page: PageContext, clock: dates.Clock, grading: Grading, form: ConfirmForm) -> ContinuityPage:
    own = next((one for one in grading.admins if page.is_own(one.row.id)), None)
    brand = brands.brand()
    return ContinuityPage(
        grade=grading.box(clock),
        admins=[_line(one, clock) for one in grading.admins],
        unlisted=grading.facts.admins - len(grading.admins),
        confirms=own is not None,
        confirm_by=clock.date(own.confirm_by) if own else "",
        promote_url=page.url("second_admin") if own and Verb.ACCESS_CHANGE in page.abilities else "",
        handover_url=page.url("handover") if own else "",
        supplier=brand["name"],
        phone=brand["phone"],
        here_url=page.url("continuity"),
        form=form,
    )


def _line(one: AdminFacts, clock: dates.Clock) -> AdminLine:
    confirmed = _("not confirmed yet")
    if one.confirmed_at:
        confirmed = _("confirmed %(day)s") % {"day": clock.date(one.confirmed_at)}
    return AdminLine(one.row.shown_name, clock.last_sign_in(one.signed_in_at), confirmed)
