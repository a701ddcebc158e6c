"""A service can start a sign-out (OpenID Connect RP-Initiated Logout 1.0).

The ID token of this browser's own sign-in proves that the service may end it. Every other request only asks the person,
so that no other site signs people out.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from identity import signing_keys
from identity.clients import queries as clients_queries
from identity.clients.queries import RegisteredClient
from identity.sessions import sign_ins
from identity.sessions.store import SessionStore
from portal.http import languages
from portal.http.request_context import Request
from portal.oidc import metadata, parameters
from portal.oidc.authorize import client_redirect, login_redirect, organization_choice, redirect_uris
from portal.oidc.parameters import Parameters
from portal.shell import query_string
from portal.signin.customers import ended_sessions, event_transaction

_PARAMETERS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")


class LogoutRequestError(Exception):
    """The request cannot be used; the text is for the service's developers."""


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """Holds a valid request. `redirect_uri` is registered with `client`, or empty."""

    client: RegisteredClient | None
    claims: Mapping[str, Any]
    redirect_uri: str
    state: str


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "POST"])
def logout(request: Request) -> HttpResponse:
    """End this browser's session for its own ID token, else ask.

    A POST from another site comes without our cookies and is redirected, so that the browser sends them.
    """
    if request.method == "POST" and not request.user.is_authenticated:
        return HttpResponseRedirect(f"{metadata.LOGOUT}?{request.POST.urlencode()}", status=303)
    query = str(request.META.get("QUERY_STRING", ""))
    sent = parameters.parse(request.body if request.method == "POST" else query)
    _use_language(request, sent.get("ui_locales"))
    try:
        logout_request = parse(sent)
    except LogoutRequestError as error:
        return _page(request, {"detail": str(error)}, status=400)
    if request.user.is_authenticated:
        if not _is_of_this_session(request, logout_request):
            return _ask(request, logout_request, sent)
        return _end_session(request, logout_request)
    return _leave(request, logout_request)


@login_not_required
@require_http_methods(["POST"])
def confirm(request: Request) -> HttpResponse:
    """End this browser's session for its person's own form, which carries the whole request."""
    try:
        logout_request = parse(parameters.parse(request.body))
    except LogoutRequestError as error:
        return _page(request, {"detail": str(error)}, status=400)
    if request.user.is_authenticated:
        return _end_session(request, logout_request)
    return _leave(request, logout_request)


def _use_language(request: Request, locales: str) -> None:
    """Use the service's language for this page where the person has chosen none."""
    language = login_redirect.language_of(locales.split())
    if language and not languages.of_browser(request):
        translation.activate(language)
        request.LANGUAGE_CODE = language


def parse(sent: Parameters) -> LogoutRequest:
    """Validate the parameters (sections 2 and 3). Raises LogoutRequestError."""
    for name in ("", *_PARAMETERS):
        if name in sent.faults:
            raise LogoutRequestError(f"{name} {sent.faults[name]}".strip())
    claims = _claims(sent.get("id_token_hint"))
    client_id = sent.get("client_id") or claims.get("aud", "")
    if claims and client_id != claims["aud"]:
        raise LogoutRequestError("client_id is not the audience of id_token_hint.")
    client = clients_queries.find(client=client_id) if client_id else None
    if client_id and client is None:
        raise LogoutRequestError("client_id is not known.")
    return LogoutRequest(client, claims, _redirect_uri(sent, client), sent.get("state"))


def _claims(hint: str) -> Mapping[str, Any]:
    """Return the claims of an ID token that we issued, expired or not; empty without a hint."""
    if not hint:
        return {}
    claims = signing_keys.verify(token=hint)
    if claims is None:
        raise LogoutRequestError("id_token_hint is not an ID token of this provider.")
    return claims


def _redirect_uri(sent: Parameters, client: RegisteredClient | None) -> str:
    """Return the address, compared with those that the client has registered as a redirect URI is."""
    address = sent.get("post_logout_redirect_uri")
    if not address:
        return ""
    if client is None:
        raise LogoutRequestError("post_logout_redirect_uri needs id_token_hint or client_id.")
    registered = clients_queries.post_logout_redirect_uris(client=client.id)
    if not redirect_uris.is_one_of(address, registered, any_port=client.is_native):
        raise LogoutRequestError("post_logout_redirect_uri is not registered.")
    return address


def _is_of_this_session(request: Request, logout_request: LogoutRequest) -> bool:
    session = request.session
    try:
        sid = uuid.UUID(str(logout_request.claims.get("sid")))
    except ValueError:
        return False
    return (
        isinstance(session, SessionStore)
        and logout_request.client is not None
        and logout_request.claims["sub"] in organization_choice.subjects_of(request, logout_request.client)
        and sign_ins.is_open(sid=sid, session_key=session.stored_key())
    )


def _end_session(request: Request, logout_request: LogoutRequest) -> HttpResponse:
    with event_transaction.event_transaction(request):
        auth.logout(request)
    response = _leave(request, logout_request)
    ended_sessions.remember(response, ended_sessions.by_person())
    return response


def _ask(request: Request, logout_request: LogoutRequest, sent: Parameters) -> HttpResponse:
    fields = [{"name": name, "value": sent.get(name)} for name in _PARAMETERS if sent.get(name)]
    name = client_redirect.application_name(request, logout_request.client) if logout_request.client else ""
    return _page(request, {"application": name, "hidden_fields": fields, "asks": True})


def _page(request: Request, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Show the page that asks, or that says why the service's request cannot be used."""
    actions = {"action_url": reverse("oidc_logout_confirm"), "reference": request.context.request_id}
    return render(request, "oidc/logout.html", {**actions, **context}, status=status)


def _leave(request: Request, logout_request: LogoutRequest) -> HttpResponse:
    """Go to the service's address with its unchanged state, else to our sign-in page."""
    if not logout_request.redirect_uri or logout_request.client is None:
        return HttpResponseRedirect(reverse("account_login"))
    url = query_string.with_values(logout_request.redirect_uri, {"state": logout_request.state})
    return client_redirect.leave(request, logout_request.client, url)
