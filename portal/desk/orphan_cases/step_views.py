"""Steps of a case that need a reason have a page of their own: withdraw, close, continue, and a letter by post."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_views
from delegation.orphan_cases.case_views import CaseView, LetterView
from delegation.orphan_cases.commands import decisions, objections, opening
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.orphan_cases import case_actions
from portal.desk.orphan_cases.context import CaseStepPage, PostLetterPage
from portal.desk.orphan_cases.forms import CaseReasonForm
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_model
from portal.shell.page_context import PageContext
from portal.wording import dates


@dataclass(frozen=True, slots=True)
class _StepText:
    """Words a step; `done` is what the page of the case says after it."""

    verb: Verb
    title: Callable[[], str]
    lead: Callable[[], str]
    button: Callable[[], str]
    done: Callable[[], str]
    is_final: bool = False


_STEPS: Mapping[str, _StepText] = {
    "withdraw": _StepText(
        Verb.ORPHAN_CASE_WITHDRAW,
        lambda: _("Take the proposal back?"),
        lambda: _("More proofs can be added. A new proposal starts the time for objections again."),
        lambda: _("Take the proposal back"),
        lambda: _("The proposal is taken back."),
    ),
    "close": _StepText(
        Verb.ORPHAN_CASE_CLOSE,
        lambda: _("Close the case without a new admin?"),
        lambda: _("An open invitation stops working. A person who has joined keeps inviting and viewing."),
        lambda: _("Close the case"),
        lambda: _("The case is closed."),
        is_final=True,
    ),
    "continue": _StepText(
        Verb.ORPHAN_CASE_CONTINUE,
        lambda: _("Continue in spite of the objection?"),
        lambda: _("The clock continues where it stopped. You are then not the one who approves."),
        lambda: _("Continue the case"),
        lambda: _("The case continues. The clock runs again."),
    ),
    "post": _StepText(
        Verb.ORPHAN_CASE_NOTIFY,
        lambda: _("Send a letter by post?"),
        lambda: _(
            "The next page shows the address to print, once. People can then object for a week at least."
        ),
        lambda: _("Note the letter"),
        lambda: _("The letter is noted."),
    ),
}
"""By the last part of the address."""


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.ORPHAN_CASE_CLOSE, reading=Reading.CASE)
def step(request: Request, found: OrganizationPage, case: uuid.UUID, step: str) -> HttpResponse:
    """GET asks for the reason; POST takes the step."""
    page, text = found.page, _STEPS.get(step)
    if text is None:
        raise NotFound
    if text.verb not in page.abilities:
        raise Denied(reason="no_permission")
    view = case_views.get(organization=page.organization_id, case=case, reader=page.viewer.id, at=page.at)
    letter = _letter(request, view) if step == "continue" else None
    form = CaseReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, _page(page, view, text, form, letter))
    try:
        link = _take(page, view, step, form, letter)
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, case_actions.sentence(refusal))
        return HttpResponseRedirect(page.url("staff_case", case=case))
    if link:
        return _printed(request, page, view, link)
    messages.success(request, text.done())
    return HttpResponseRedirect(page.url("staff_case", case=case))


def _letter(request: Request, case: CaseView) -> LetterView:
    """Return the objection that the address names. Raises NotFound."""
    wanted = shell_forms.identifier(request.GET.get("letter", ""))
    for one in case.letters:
        if one.id == wanted and one.answer == "objected":
            return one
    raise NotFound


def _take(
    page: PageContext, case: CaseView, name: str, form: CaseReasonForm, letter: LetterView | None
) -> str:
    """Run the command. Returns the link of a letter by post, else nothing."""
    reason, key, actor = form.cleaned_data["reason"], form.cleaned_data["idempotency_key"], page.viewer
    if name == "post":
        noted = decisions.note_post(actor=actor, case=case.row, note=reason, idempotency_key=key)
        return noted.result.link
    if letter is not None:
        objections.go_on(actor=actor, case=case.row, letter=letter.row, reason=reason, idempotency_key=key)
        return ""
    command = opening.close if name == "close" else decisions.withdraw
    command(actor=actor, case=case.row, reason=reason, idempotency_key=key)
    return ""


def _page(
    page: PageContext, case: CaseView, text: _StepText, form: CaseReasonForm, letter: LetterView | None
) -> CaseStepPage:
    return CaseStepPage(
        title=text.title(),
        lead=text.lead(),
        label=_("Why, and who you spoke with") if letter else _("Reason"),
        button=text.button(),
        is_final=text.is_final,
        quote=letter.text if letter else "",
        form=form,
        back_url=page.url("staff_case", case=case.row.id),
        customer=page.organization.name,
    )


def _printed(request: Request, page: PageContext, case: CaseView, link: str) -> HttpResponse:
    """Show the address of the letter: no address, session or cache holds it."""
    row = case_views.row_of(organization=page.organization_id, case=case.row.id)
    clock = dates.Clock(page.at, page.zone)
    model = PostLetterPage(
        customer=page.organization.name,
        link=settings.ISSUER + reverse("case_letter", args=[link]),
        until=clock.date_time(row.waits_until, seconds=False) if row.waits_until else "",
        back_url=page.url("staff_case", case=case.row.id),
    )
    response = page_model.render(request, model)
    response["Cache-Control"] = "no-store"
    return response
