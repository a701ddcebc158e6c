"""Operators connect a system, change the connection, and see what it would get."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.applications import queries
from delegation.applications.queries import ApplicationView
from delegation.authorization import input_cleaning, scopes
from delegation.authorization.errors import AlreadyExists, InvalidInput, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.staff import readings
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.applications import context, system_context, wording
from portal.desk.applications.system_forms import PersonForm, SystemForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.customers import rate_limits
from portal.signin.staff.reader import StaffReader
from portal.wording import retry_after
from provisioning.accounts import dry_runs, probe, probe_events, target_status
from provisioning.accounts.dry_runs import DryRun, RecordPreview
from provisioning.accounts.target_status import TargetStatus
from provisioning.targets import commands

_FORM_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_FORM_METHODS)
@desk_page.desk_page(Verb.TARGET_REGISTER)
def system(request: Request, reader: StaffReader, application: str) -> HttpResponse:
    """GET shows the connection; POST connects the system, or changes the connection, after a test call.

    A form that connects stays one where the system is connected meanwhile: sent again it changes nothing.
    """
    view = _application(reader, application)
    status = _status(reader, view)
    stored = None if request.POST.get("connects") else status
    form = _form(request, reader, view, stored)
    failed = False
    if request.method == "POST" and form.is_valid():
        failed = (stored is not None or status is None) and not _answers(reader, view, stored, form)
        if not failed and (
            _connected(reader, view, form) if stored is None else _changed(reader, stored, form)
        ):
            messages.success(
                request, _("The connection of %(name)s is saved.") % {"name": context.name_of(view)}
            )
            return HttpResponseRedirect(reverse("staff_application", args=[view.key]))
    dry = _dry_run(reader, view, None) if status is None else None
    return page_model.render(request, system_context.system_page(view, form, dry, asks_anyway=failed))


def _form(
    request: Request, reader: StaffReader, view: ApplicationView, status: TargetStatus | None
) -> SystemForm:
    others = [one for one in queries.applications(actor=reader.actor, at=reader.at) if one.id != view.id]
    initial: dict[str, Any] = {} if status is None else dict(target_status.settings_of(target=status.id))
    return SystemForm(
        request.POST if request.method == "POST" else None,
        is_new=status is None,
        applications={one.key: context.name_of(one) for one in others},
        initial=initial,
    )


def _answers(
    reader: StaffReader, view: ApplicationView, stored: TargetStatus | None, form: SystemForm
) -> bool:
    """Send a test call with a new token, unless the reader goes on anyway; False where it failed, as the form says."""
    data = form.cleaned_data
    if data["anyway"] or not data["token"]:
        return True
    try:
        address = input_cleaning.web_address(data["base_url"], field="base_url", longest=500)
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return False
    if too_many := _too_many_tests(reader):
        form.add_error("base_url", too_many)
        return False
    answer = probe.probe_new(base_url=address, token=data["token"], media_type=data["media_type"])
    probe_events.record(
        actor=reader.actor, application=view.key, target=stored.id if stored else None, answer=answer
    )
    if answer.code:
        reason = wording.REASONS.get(answer.code)
        form.add_error(
            "base_url", _("The test call failed. %(why)s") % {"why": reason() if reason else answer.code}
        )
    return not answer.code


def _too_many_tests(reader: StaffReader) -> str:
    """Count a test call, and say why it is not sent; empty where it is."""
    wait = rate_limits.take((rate_limits.TARGET_TEST, str(reader.actor.id))).wait
    text = _("No test call was sent: you sent several within an hour. %(again)s")
    return text % {"again": retry_after.retry_after(wait)} if wait else ""


def _connected(reader: StaffReader, view: ApplicationView, form: SystemForm) -> bool:
    """Run the command; False where it refuses what the form says."""
    try:
        commands.register(
            actor=reader.actor,
            application=view.row,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **form.settings(),
        )
    except AlreadyExists:
        form.add_error(
            None, _("Someone else has connected a system meanwhile. Nothing of this form is saved.")
        )
        return False
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return False
    return True


def _changed(reader: StaffReader, status: TargetStatus, form: SystemForm) -> bool:
    """Run the command; False where it refuses what the form says. Nothing new is a success."""
    key = form.cleaned_data["idempotency_key"]
    try:
        commands.change(actor=reader.actor, target=status.id, changes=form.settings(), idempotency_key=key)
    except Unchanged:
        return True
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return False
    return True


@require_http_methods(_FORM_METHODS)
@desk_page.desk_page(Verb.RECORD_PREVIEW)
def preview(request: Request, reader: StaffReader, application: str) -> HttpResponse:
    """GET counts what would be sent; POST sends a test call, names people, or shows the record of one person.

    Names and records are readings in the log of the customers concerned.
    """
    view = _application(reader, application)
    status = _status(reader, view)
    step = request.POST.get("step", "")
    form = PersonForm(request.POST if step == "person" else None)
    dry = _dry_run(reader, view, status)
    found = _person(reader, status, form) if status and step == "person" and form.is_valid() else None
    if step == "people":
        readings.record(actor=reader.actor, what=Reading.RECORD, organizations=dry.organizations)
    answer = None
    if status and step == "test":
        if too_many := _too_many_tests(reader):
            messages.warning(request, too_many)
        else:
            answer = probe.probe_target(target=status.id)
            probe_events.record(actor=reader.actor, application=view.key, target=status.id, answer=answer)
    model = system_context.preview_page(
        view,
        dry,
        form,
        is_connected=status is not None,
        answer=answer,
        shows_people=step == "people",
        record=found,
        is_unknown=step == "person" and form.is_valid() and found is None,
    )
    return page_model.render(request, model)


def _dry_run(reader: StaffReader, view: ApplicationView, status: TargetStatus | None) -> DryRun:
    visible = scopes.organizations(actor=reader.actor, verb=Verb.RECORD_PREVIEW, at=reader.at)
    if status is None:
        return dry_runs.dry_run_of_new(application=view.row, visible=visible, at=reader.at)
    return dry_runs.dry_run(target=status.id, visible=visible, at=reader.at)


def _person(reader: StaffReader, status: TargetStatus, form: PersonForm) -> RecordPreview | None:
    """Compute the record, and record who reads it in the log of each customer in it."""
    visible = scopes.organizations(actor=reader.actor, verb=Verb.RECORD_PREVIEW, at=reader.at)
    found = dry_runs.of_person(
        target=status.id, email=form.cleaned_data["email"], visible=visible, at=reader.at
    )
    for membership, organization in found.members if found else ():
        readings.record(
            actor=reader.actor, what=Reading.RECORD, organizations=[organization], membership=membership
        )
    return found


def _application(reader: StaffReader, key: str) -> ApplicationView:
    view = queries.find(actor=reader.actor, key=key, at=reader.at)
    if view is None:
        raise NotFound
    return view


def _status(reader: StaffReader, view: ApplicationView) -> TargetStatus | None:
    return target_status.of_applications(applications=[view.id], at=reader.at).get(view.id)
