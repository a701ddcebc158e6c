"""Operators register applications with their clients, change clients, and rotate secrets."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.applications import clients, commands, queries
from delegation.applications.queries import ApplicationView, ClientView
from delegation.authorization.errors import AlreadyExists, InvalidInput, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from portal.desk import desk_page
from portal.desk.applications import client_context, context
from portal.desk.applications.client_context import SecretPage
from portal.desk.applications.client_forms import (
    ApplicationForm,
    ChangeForm,
    ClientForm,
    SettingsForm,
)
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.secret_rotation import RotateForm
from portal.signin.staff.reader import StaffReader

R = TypeVar("R")
_FORM_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_FORM_METHODS)
@desk_page.desk_page(Verb.APPLICATION_REGISTER)
def register(request: Request, reader: StaffReader) -> HttpResponse:
    """GET asks for an application and its first client; POST registers them and shows the secret once."""
    units = queries.units(actor=reader.actor, at=reader.at)
    form = ApplicationForm(
        request.POST if request.method == "POST" else None,
        units=units,
        owners=queries.owners(),
        initial={"owner": str(reader.actor.id)},
    )
    if request.method == "POST" and form.is_valid():
        data, client = form.cleaned_data, form.client()
        done = _done(
            form,
            lambda: (
                commands.register_application(
                    actor=reader.actor,
                    key=data["key"],
                    name=form.titles(),
                    unit=data["unit"],
                    client=client,
                    idempotency_key=data["idempotency_key"],
                ).result
            ),
        )
        if done is not None:
            view = _application(reader, data["key"])
            return _secret(request, reader, view, client.name, client.client_id, done.secret)
    return page_model.render(request, client_context.register_page(form))


@require_http_methods(_FORM_METHODS)
@desk_page.desk_page(Verb.CLIENT_REGISTER)
def add(request: Request, reader: StaffReader, application: str) -> HttpResponse:
    """GET asks for a client; POST registers it and shows the secret once."""
    view = _application(reader, application)
    form = ClientForm(
        request.POST if request.method == "POST" else None,
        owners=queries.owners(),
        initial={"owner": str(reader.actor.id)},
    )
    if request.method == "POST" and form.is_valid():
        client = form.client()
        done = _done(
            form,
            lambda: (
                clients.register(
                    actor=reader.actor,
                    application=view.row,
                    client=client,
                    idempotency_key=form.cleaned_data["idempotency_key"],
                ).result
            ),
        )
        if done is not None:
            return _secret(request, reader, view, client.name, client.client_id, done.secret)
    return page_model.render(request, client_context.add_page(view, form))


@require_http_methods(_FORM_METHODS)
@desk_page.desk_page(Verb.CLIENT_UPDATE)
def change(request: Request, reader: StaffReader, application: str, client: str) -> HttpResponse:
    """GET shows a client's settings; POST changes them."""
    view = _application(reader, application)
    found = _client(reader, view, client)
    form = ChangeForm(
        request.POST if request.method == "POST" else None, client=found, owners=queries.owners()
    )
    if request.method == "POST" and form.is_valid():
        secret = _changed(request, reader, found, form)
        if secret:
            return _secret(request, reader, view, found.name, found.id, secret)
        if secret is not None:
            return HttpResponseRedirect(reverse("staff_application", args=[view.key]))
    return page_model.render(request, client_context.client_page(reader, view, found, form))


def _changed(request: Request, reader: StaffReader, client: ClientView, form: ChangeForm) -> str | None:
    """Run the command and leave a message; return a new secret or "", None where it refuses what the form says."""
    key = form.cleaned_data["idempotency_key"]
    try:
        done = clients.update(
            actor=reader.actor, client=client.id, changes=form.settings(), idempotency_key=key
        )
    except Unchanged:
        messages.info(request, _("Nothing was changed."))
        return ""
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return None
    if not done.result.secret:
        messages.success(request, _("%(client)s is changed.") % {"client": client.name})
    return done.result.secret


@require_http_methods(_FORM_METHODS)
@desk_page.desk_page(Verb.CLIENT_ROTATE)
def secret(request: Request, reader: StaffReader, application: str, client: str) -> HttpResponse:
    """GET says what a new secret changes; POST makes it and shows it once, or ends the replaced one."""
    view = _application(reader, application)
    found = _client(reader, view, client)
    if not found.confidential or found.jwks_uri:
        raise NotFound
    form = RotateForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, client_context.rotate_page(reader, view, found, form))
    key, hours = form.cleaned_data["idempotency_key"], form.cleaned_data["overlap"]
    if "retire" in request.POST:
        return _retired(request, reader, view, found, key)
    done = clients.rotate_secret(
        actor=reader.actor, client=found.id, overlap_hours=hours, idempotency_key=key
    ).result
    return _secret(request, reader, view, found.name, found.id, done.secret)


def _retired(
    request: Request, reader: StaffReader, view: ApplicationView, client: ClientView, key: str
) -> HttpResponse:
    try:
        clients.end_former_secret(actor=reader.actor, client=client.id, idempotency_key=key)
    except Unchanged:
        messages.info(request, _("The old secret has already ended."))
    else:
        messages.success(request, _("The old secret of %(client)s has ended.") % {"client": client.name})
    return HttpResponseRedirect(reverse("staff_client", args=[view.key, client.id]))


def _done(form: SettingsForm, command: Callable[[], R]) -> R | None:
    """Run the command; None where it refuses what the form says, which the form then shows."""
    try:
        return command()
    except (InvalidInput, AlreadyExists) as refusal:
        form.add_refusal(refusal)
        return None


def _secret(
    request: Request, reader: StaffReader, view: ApplicationView, name: str, client: str, made: str
) -> HttpResponse:
    """Answer the request that made the secret: no address, session or cache holds it, and a repetition shows none."""
    found = _client(reader, view, client)
    model: SecretPage = client_context.secret_page(
        key=view.key,
        application=context.name_of(view),
        name=name,
        client=client,
        public=not found.confidential or bool(found.jwks_uri),
        secret=made,
        connect_url=context.connect_url(reader, view),
    )
    response = page_model.render(request, model)
    response["Cache-Control"] = "no-store"
    return response


def _application(reader: StaffReader, key: str) -> ApplicationView:
    view = queries.find(actor=reader.actor, key=key, at=reader.at)
    if view is None:
        raise NotFound
    return view


def _client(reader: StaffReader, view: ApplicationView, client: str) -> ClientView:
    own = queries.clients(applications=[view.id], at=reader.at)[view.id]
    found = next((one for one in own if one.id == client), None)
    if found is None:
        raise NotFound
    return found
