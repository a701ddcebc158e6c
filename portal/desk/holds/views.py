"""Staff see a customer's holds; an account manager places and lifts them."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.holds import commands
from delegation.holds.queries import HoldView
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.holds import context, stoppable
from portal.desk.holds.forms import HoldForm, LiftForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.page_context import PageContext
from portal.wording import hold_notices

PLACE, CHANGE = "place", "change"
"""What the buttons of the second page send; the first page's sends neither."""


@require_safe
@desk_page.organization_page(Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
def listing(request: Request, found: OrganizationPage) -> HttpResponse:
    """List the customer's holds."""
    return page_model.render(request, context.list_page(found.page))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.HOLD_PLACE, reading=Reading.ORGANIZATION)
def place(request: Request, found: OrganizationPage) -> HttpResponse:
    """GET asks what to stop; POST shows what that stops, and from there places the hold."""
    page, choices = found.page, stoppable.of_customer(found.page)
    sent = request.POST if request.method == "POST" else None
    step = request.POST.get("step", "")
    form = HoldForm(sent, page=page, choices=choices, places=step == PLACE)
    if sent is None or step == CHANGE or not form.is_valid():
        return page_model.render(request, context.place_page(page, form))
    if step != PLACE:
        return page_model.render(request, context.confirm_page(page, form, choices))
    if not _place(page, form):
        return page_model.render(request, context.place_page(page, form))
    what = hold_notices.name_of(form.cleaned_data["stops"], choices.names)
    messages.success(request, _("The hold is placed: %(what)s.") % {"what": what})
    return HttpResponseRedirect(page.url("staff_holds"))


def _place(page: PageContext, form: HoldForm) -> bool:
    """Run the command; False where it refuses what the form asks, which the form then says."""
    data = form.cleaned_data
    try:
        commands.place(
            actor=page.viewer,
            organization=page.organization.row,
            stops=data["stops"],
            reason=data["reason"],
            until=data["until"],
            note=data["note"],
            idempotency_key=data["idempotency_key"],
        )
    except Busy:
        raise
    except DomainError as refusal:
        form.add_refusal(refusal)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.HOLD_LIFT, reading=Reading.ORGANIZATION)
def lift(request: Request, found: OrganizationPage, hold: uuid.UUID) -> HttpResponse:
    """GET shows what works again; POST lifts the hold."""
    page, choices = found.page, stoppable.of_customer(found.page)
    row = next((one for one in choices.holds if one.id == hold), None)
    if row is None:
        messages.info(request, _("That hold has already ended."))
        return HttpResponseRedirect(page.url("staff_holds"))
    form = LiftForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.lift_page(page, row, form, choices))
    _lift(request, page, row, form, hold_notices.name_of(row.stops, choices.names))
    return HttpResponseRedirect(page.url("staff_holds"))


def _lift(request: Request, page: PageContext, hold: HoldView, form: LiftForm, what: str) -> None:
    """Run the command and leave a message; a colleague may have lifted the hold meanwhile."""
    data = form.cleaned_data
    try:
        commands.lift(
            actor=page.viewer, hold=hold.row, note=data["note"], idempotency_key=data["idempotency_key"]
        )
    except NotFound:
        messages.info(request, _("That hold has already ended."))
    else:
        messages.success(request, _("The hold is lifted: %(what)s.") % {"what": what})
