"""A response leads a person to the step that an action demands first (`assurance`)."""

import datetime as dt
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from delegation.activity.session_endings import SessionEnding
from identity.people.models import User
from portal.http import error_responses, safe_redirects
from portal.signin import proofs
from portal.signin.customers import assurance, ended_sessions, events, factors
from portal.signin.customers.assurance import Assessment, Demand, Step
from portal.signin.proofs import Factor


def require(request: HttpRequest, demand: Demand, *, since: dt.datetime | None = None) -> HttpResponse | None:
    """Return None where the session has proved enough, after `since` if given, else the response that leads on.

    The values of a sent form are preserved on a page (status 419). A response to htmx replaces the whole page: a
    sign-in page must not be swapped into a panel.
    """
    assessment = assurance.assess(request, demand, since=since)
    if assessment.step is Step.NONE:
        return None
    return respond(request, assessment, path=error_responses.return_path(request))


def respond(request: HttpRequest, assessment: Assessment, *, path: str) -> HttpResponse:
    """Lead to the page of the next step, and from there to `path`. A session that is too weak ends."""
    step, since = assessment.step, assessment.since
    if step is Step.SIGN_IN:
        ending = _end_weak_session(request, request.user) if isinstance(request.user, User) else None
        response = error_responses.redirect_to_sign_in(request, _with_next(reverse("account_login"), path))
        ended_sessions.remember(response, ending or ended_sessions.find(request))
        return response
    if step is Step.ADD_FACTOR:
        safe_redirects.store_return_path(request, path)
        return error_responses.redirect_to_sign_in(request, reverse("mfa_index"))
    page = next_confirmation(request, since=since) if since else ""
    url = reverse(page or "account_reauthenticate")
    return error_responses.redirect_to_sign_in(request, _with_next(url, path))


def _end_weak_session(request: HttpRequest, user: User) -> SessionEnding:
    events.end_weak_session(request, user)
    request.session.flush()
    request.user = AnonymousUser()
    return ended_sessions.weak()


def next_confirmation(request: HttpRequest, *, since: dt.datetime) -> str:
    """Return the url name of the page that proves the next factor again; empty when all were proved after `since`.

    A passkey proves both factors. A person who has chosen the password instead goes on with a code.
    """
    if not isinstance(request.user, User):
        raise TypeError(request.user)
    proved, types = proofs.factors_since(request, since), factors.types_of(request.user)
    password_left = Factor.KNOWLEDGE not in proved and request.user.has_usable_password()
    if not types:
        return "account_reauthenticate" if password_left else ""
    if proved == proofs.TWO_FACTORS:
        return ""
    if "webauthn" in types and (not proved or (not password_left and "totp" not in types)):
        return "mfa_reauthenticate_webauthn"
    return "account_reauthenticate" if password_left else "mfa_reauthenticate"


def _with_next(url: str, path: str) -> str:
    return f"{url}?{urlencode({'next': path})}" if safe_redirects.is_own(path) and path != "/" else url
