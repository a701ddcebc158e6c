"""Owners see, give and end staff rights; auditors see them."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import LastOwner, NotFound
from delegation.authorization.verbs import Verb
from delegation.staff import commands, queries
from delegation.staff.queries import StaffMember, StaffRightView, UnitView
from portal.desk import desk_page
from portal.desk.staff import context
from portal.desk.staff.forms import EVERYTHING, EndRightForm, RightForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.staff import pages
from portal.signin.staff.reader import StaffReader
from portal.wording import refusals


@require_safe
@desk_page.desk_page(Verb.STAFF_RIGHT_VIEW)
def listing(request: Request, reader: StaffReader) -> HttpResponse:
    """List the rights in force."""
    return page_model.render(request, context.list_page(reader))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.STAFF_RIGHT_GIVE)
def give(request: Request, reader: StaffReader) -> HttpResponse:
    """GET asks who gets which right, with `role` chosen; POST gives it."""
    members, units = queries.staff_members(), queries.business_units()
    role = request.GET.get("role", "")
    form = RightForm(
        request.POST if request.method == "POST" else None,
        reader=reader,
        members=members,
        units={key: unit.name for key, unit in units.items()},
        initial={"role": role, "scope": EVERYTHING} if role in pages.ROLES else {},
    )
    if request.method == "POST" and form.is_valid():
        receiver = next(one for one in members if one.id == form.user_id)
        if _give(reader, form, receiver=receiver, unit=units.get(form.cleaned_data["unit"])):
            messages.success(request, _("%(name)s has the right.") % {"name": receiver.name})
            return HttpResponseRedirect(reverse("staff_rights"))
    sign_in_url = f"{settings.ISSUER}{reverse('staff_sign_in')}"
    model = context.give_page(form, has_members=bool(members), sign_in_url=sign_in_url)
    return page_model.render(request, model)


def _give(reader: StaffReader, form: RightForm, *, receiver: StaffMember, unit: UnitView | None) -> bool:
    """Run the command; False where it refuses what the form asks, which the form then says."""
    data = form.cleaned_data
    try:
        commands.give(
            actor=reader.actor,
            user=receiver.row,
            role=data["role"],
            reason=data["reason"],
            unit=unit.row if unit else None,
            organization=form.organization.row if form.organization else None,
            until=data["until"],
            idempotency_key=data["idempotency_key"],
        )
    except Busy:
        raise
    except DomainError as refusal:
        form.add_refusal(refusal)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.STAFF_RIGHT_END)
def end(request: Request, reader: StaffReader, right: uuid.UUID) -> HttpResponse:
    """GET asks why; POST ends the right."""
    found = next((one for one in context.rights_of(reader) if one.id == right), None)
    if found is None:
        messages.info(request, _("That right has already ended."))
        return HttpResponseRedirect(reverse("staff_rights"))
    form = EndRightForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _end(request, reader, found, form):
        return HttpResponseRedirect(reverse("staff_rights"))
    return page_model.render(request, context.end_page(reader, found, form))


def _end(request: Request, reader: StaffReader, right: StaffRightView, form: EndRightForm) -> bool:
    """Run the command and leave a message; False for the last owner, which the form says."""
    data = form.cleaned_data
    try:
        commands.end(
            actor=reader.actor,
            rights=[right.row],
            reason=data["reason"],
            idempotency_key=data["idempotency_key"],
        )
    except LastOwner as refusal:
        form.add_error(None, refusals.sentence_for(refusal).text)
        return False
    except NotFound:
        messages.info(request, _("That right has already ended."))
    else:
        messages.success(request, _("%(name)s no longer has the right.") % {"name": right.name})
    return True
