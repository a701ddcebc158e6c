"""Admins create programs that they own, make new secrets for them, and end any of the organization's programs."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import Denied, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.service_users import commands, queries
from delegation.service_users.commands import ServiceUserCreated
from portal.http.request_context import Request
from portal.shell import page_context, page_model, programs
from portal.shell.page_context import PageContext
from portal.shell.program_forms import EndProgramForm, NewSecretForm, ProgramForm
from portal.web.programs import context
from portal.web.programs.forms import OldSecretForm

_METHODS = ["GET", "HEAD", "POST"]


@require_safe
@page_context.organization_page
def listing(request: Request, page: PageContext) -> HttpResponse:
    """List the organization's programs. Raises Denied for other readers."""
    _require(page, Verb.SERVICE_USER_VIEW)
    return page_model.render(request, context.list_page(page))


@require_http_methods(_METHODS)
@page_context.organization_page
def create(request: Request, page: PageContext) -> HttpResponse:
    """GET asks for a program; POST creates it for the reader and shows the secret once."""
    _require(page, Verb.SERVICE_USER_CREATE)
    scopes = context.scopes_of(page)
    form = ProgramForm(request.POST if request.method == "POST" else None, scopes=scopes, days=context.DAYS)
    if request.method == "POST" and form.is_valid() and (made := _create(page, form)):
        return _made(request, page, form.cleaned_data["name"], made)
    return page_model.render(request, context.create_page(page, form, scopes))


@require_http_methods(_METHODS)
@page_context.organization_page
def secret(request: Request, page: PageContext, program: uuid.UUID) -> HttpResponse:
    """GET says what a new secret changes; POST makes it and shows it once. Raises Denied for another's program."""
    _require(page, Verb.SERVICE_USER_ROTATE)
    found = context.find(page, program)
    if not found.is_own:
        raise Denied(reason="not_own_program")
    if found.row.is_ended:
        return _ended(request, page)
    form = NewSecretForm(request.POST if request.method == "POST" else None, days=context.DAYS)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.secret_page(page, found.row, form))
    try:
        made = commands.rotate_secret(
            actor=page.viewer,
            service_user=queries.for_command(service_user=program),
            overlap_hours=form.cleaned_data["overlap"],
            until=form.until(page.at, zone=page.zone),
            idempotency_key=form.cleaned_data["idempotency_key"],
        ).result
    except Unchanged:
        return _ended(request, page)
    return _made(request, page, found.row.name, made)


@require_http_methods(_METHODS)
@page_context.organization_page
def old_secret(request: Request, page: PageContext, program: uuid.UUID) -> HttpResponse:
    """GET asks whether the replaced secret ends; POST ends the one that the page showed."""
    _require(page, Verb.SERVICE_USER_ROTATE)
    found = context.find(page, program)
    if found.old_secret_until is None:
        messages.info(request, _("The old secret has already ended."))
        return HttpResponseRedirect(page.url("programs"))
    until = found.old_secret_until.isoformat()
    form = OldSecretForm(request.POST if request.method == "POST" else None, initial={"until": until})
    if request.method != "POST" or not form.is_valid() or form.cleaned_data["until"] != until:
        shown = OldSecretForm(initial={"until": until})
        return page_model.render(request, context.old_secret_page(page, found.row, shown))
    try:
        commands.end_former_secret(
            actor=page.viewer,
            service_user=queries.for_command(service_user=program),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Unchanged:
        messages.info(request, _("The old secret has already ended."))
    else:
        messages.success(request, _("The old secret of %(name)s has ended.") % {"name": found.row.name})
    return HttpResponseRedirect(page.url("programs"))


@require_http_methods(_METHODS)
@page_context.organization_page
def end(request: Request, page: PageContext, program: uuid.UUID) -> HttpResponse:
    """GET says what ends and asks why; POST ends the program."""
    _require(page, Verb.SERVICE_USER_END)
    found = context.find(page, program)
    if found.row.is_ended:
        return _ended(request, page)
    form = EndProgramForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.end_page(page, found.row, form))
    try:
        commands.end(
            actor=page.viewer,
            service_user=queries.for_command(service_user=program),
            reason=form.cleaned_data["reason"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Unchanged:
        return _ended(request, page)
    messages.success(request, _("The program %(name)s has ended.") % {"name": found.row.name})
    return HttpResponseRedirect(page.url("programs"))


def _require(page: PageContext, verb: Verb) -> None:
    """Raise Denied for a reader who does not see the programs, or may not do this."""
    if not page.abilities >= {Verb.SERVICE_USER_VIEW, verb}:
        raise Denied(reason="no_permission")


def _create(page: PageContext, form: ProgramForm) -> ServiceUserCreated | None:
    """Run the command; None with the refusal in the form. The reader is the owner (ADR 26)."""
    organization, data = page.organization.row, form.cleaned_data
    (owner,) = people_queries.for_command(organization=organization.id, ids=[page.own_membership.id])
    try:
        return commands.create(
            actor=page.viewer,
            organization=organization,
            owner=owner,
            name=data["name"],
            scopes=data["scopes"],
            until=form.until(page.at, zone=page.zone),
            reason=data["reason"],
            idempotency_key=data["idempotency_key"],
        ).result
    except (Busy, Denied, NotFound):
        raise
    except DomainError as refusal:
        form.add_refusal(refusal)
        return None


def _ended(request: Request, page: PageContext) -> HttpResponse:
    messages.info(request, _("That program has already ended."))
    return HttpResponseRedirect(page.url("programs"))


def _made(request: Request, page: PageContext, name: str, made: ServiceUserCreated) -> HttpResponse:
    model = context.made_page(page, name=name, program=made.service_user, secret=made.secret)
    return programs.render_secret(request, model)
