"""Staff create programs that they own, make new secrets for them and end them; operators and owners end any."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import Denied, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.service_users import commands, queries
from delegation.staff import queries as staff_queries
from portal.desk import desk_page
from portal.desk.programs import context
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell import programs as shown_programs
from portal.shell.program_forms import EndProgramForm, NewSecretForm, ProgramForm
from portal.shell.programs import ProgramRow
from portal.signin.staff.reader import StaffReader

_FORM_METHODS = ["GET", "HEAD", "POST"]


@require_safe
@desk_page.desk_page(Verb.STAFF_SERVICE_VIEW)
def listing(request: Request, reader: StaffReader) -> HttpResponse:
    """List the reader's programs; those of all staff for operators, owners and auditors of the whole supplier."""
    return page_model.render(request, context.list_page(reader))


@require_http_methods(_FORM_METHODS)
@desk_page.desk_page(Verb.STAFF_SERVICE_CREATE)
def create(request: Request, reader: StaffReader) -> HttpResponse:
    """GET asks for a program; POST creates it for the reader and shows the secret once."""
    scopes = context.scopes_of(reader)
    form = ProgramForm(request.POST if request.method == "POST" else None, scopes=scopes, days=context.DAYS)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = commands.create_for_staff(
                actor=reader.actor,
                owner=_owner(reader),
                name=data["name"],
                scopes=data["scopes"],
                until=form.until(reader.at),
                reason=data["reason"],
                idempotency_key=data["idempotency_key"],
            ).result
        except Busy:
            raise
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            return _made(request, data["name"], made.service_user, made.secret)
    return page_model.render(request, context.create_page(form, scopes))


@require_http_methods(_FORM_METHODS)
@desk_page.desk_page(Verb.STAFF_SERVICE_CREATE)
def secret(request: Request, reader: StaffReader, program: uuid.UUID) -> HttpResponse:
    """GET says what a new secret changes; POST makes it and shows it once. Raises NotFound for another's.

    The address stands in a mail: that of a program that has ended leads to the list, which says so.
    """
    row = _row(reader, program)
    if row.is_ended:
        messages.info(request, _("That program has already ended."))
        return HttpResponseRedirect(reverse("staff_programs"))
    if not row.secret_url:
        raise NotFound
    form = NewSecretForm(request.POST if request.method == "POST" else None, days=context.DAYS)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.secret_page(row, form))
    made = commands.rotate_secret(
        actor=reader.actor,
        service_user=queries.for_command(service_user=program),
        overlap_hours=form.cleaned_data["overlap"],
        until=form.until(reader.at),
        idempotency_key=form.cleaned_data["idempotency_key"],
    ).result
    return _made(request, row.name, program, made.secret)


@require_http_methods(_FORM_METHODS)
@desk_page.desk_page(Verb.STAFF_SERVICE_VIEW)
def end(request: Request, reader: StaffReader, program: uuid.UUID) -> HttpResponse:
    """GET asks why the program ends; POST ends it. Raises Denied for a reader who only sees it."""
    row = _row(reader, program)
    if row.is_ended:
        messages.info(request, _("That program has already ended."))
        return HttpResponseRedirect(reverse("staff_programs"))
    if not row.end_url:
        raise Denied(reason="no_permission")
    form = EndProgramForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.end_page(row, form))
    try:
        commands.end(
            actor=reader.actor,
            service_user=queries.for_command(service_user=program),
            reason=form.cleaned_data["reason"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Unchanged:
        messages.info(request, _("That program has already ended."))
    else:
        messages.success(request, _("The program %(name)s has ended.") % {"name": row.name})
    return HttpResponseRedirect(reverse("staff_programs"))


def _owner(reader: StaffReader) -> Any:
    """Return the reader as the owner of a program. Raises NotFound for the user of a break-glass sign-in."""
    own = next((one for one in staff_queries.staff_members() if one.id == reader.actor.id), None)
    if own is None:
        raise NotFound
    return own.row


def _row(reader: StaffReader, program: uuid.UUID) -> ProgramRow:
    found = next((one for one in context.programs(reader) if one.id == program), None)
    if found is None:
        raise NotFound
    return context.row_of(reader, found)


def _made(request: Request, name: str, program: uuid.UUID, made: str) -> HttpResponse:
    model = context.made_page(name=name, client=str(program), secret=made)
    return shown_programs.render_secret(request, model)
