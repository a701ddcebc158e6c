"""Operators see applications, and pause, resume and sync the deliveries to their systems."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.applications import queries
from delegation.applications.queries import ApplicationView
from delegation.authorization.errors import NotFound, Unchanged
from delegation.authorization.verbs import Verb
from portal.desk import desk_page
from portal.desk.applications import context, delivery_context
from portal.desk.applications.forms import PauseForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.forms import IdempotentForm
from portal.signin.staff.reader import StaffReader
from provisioning.accounts import target_status
from provisioning.accounts.target_status import TargetStatus
from provisioning.targets import pauses


@require_safe
@desk_page.desk_page(Verb.APPLICATION_VIEW)
def listing(request: Request, reader: StaffReader) -> HttpResponse:
    """List the applications that the reader's rights cover."""
    return page_model.render(request, context.list_page(reader))


@require_safe
@desk_page.desk_page(Verb.APPLICATION_VIEW)
def detail(request: Request, reader: StaffReader, application: str) -> HttpResponse:
    """Show one application."""
    return page_model.render(request, context.detail_page(reader, _found(reader, application)))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.TARGET_PAUSE)
def pause(request: Request, reader: StaffReader, application: str) -> HttpResponse:
    """GET shows what a pause stops, or what resuming delivers; POST pauses, or resumes with the button for it."""
    view = _found(reader, application)
    status = _connected(reader, view)
    form = PauseForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, delivery_context.pause_page(view, status, form))
    data, key = form.cleaned_data, form.cleaned_data["idempotency_key"]
    if "resume" in request.POST:
        _resume(request, reader, status, key)
    else:
        pauses.pause(actor=reader.actor, target=status.id, hours=data["duration"], idempotency_key=key)
        messages.success(request, _("Deliveries are paused."))
    return HttpResponseRedirect(reverse("staff_application", args=[view.key]))


def _resume(request: Request, reader: StaffReader, status: TargetStatus, key: str) -> None:
    """Run the command and leave a message; the pause may have ended meanwhile."""
    try:
        pauses.resume(actor=reader.actor, target=status.id, idempotency_key=key)
    except Unchanged:
        messages.info(request, _("The pause has already ended."))
    else:
        messages.success(request, _("Deliveries are resumed."))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.TARGET_SYNC)
def sync(request: Request, reader: StaffReader, application: str) -> HttpResponse:
    """GET says what a sync does; POST begins it."""
    view = _found(reader, application)
    status = _connected(reader, view)
    form = IdempotentForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, delivery_context.sync_page(view, status, form))
    pauses.sync(actor=reader.actor, target=status.id, idempotency_key=form.cleaned_data["idempotency_key"])
    messages.success(request, _("The sync has begun."))
    return HttpResponseRedirect(reverse("staff_application", args=[view.key]))


def _found(reader: StaffReader, key: str) -> ApplicationView:
    view = queries.find(actor=reader.actor, key=key, at=reader.at)
    if view is None:
        raise NotFound
    return view


def _connected(reader: StaffReader, view: ApplicationView) -> TargetStatus:
    status = target_status.of_applications(applications=[view.id], at=reader.at).get(view.id)
    if status is None:
        raise NotFound
    return status
