"""A person enters the code of a terminal, reads which program asks and from where, and answers (RFC 8628 §3.3).

A stranger can send anyone a link with a code of the stranger's own terminal. So no page answers by itself: it names the
program, its address and the instant, and says when not to go on.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from identity.memberships.eligible_memberships import EligibleMembership
from identity.sessions.sign_ins import ProofTooOld, SessionEnded
from portal.http import error_responses
from portal.http.request_context import Request
from portal.oidc import device_grants
from portal.oidc.authorize import client_redirect, organization_choice
from portal.oidc.authorize import code as authorize_code
from portal.oidc.authorize.request import AuthorizationRequest, RedirectTarget
from portal.oidc.authorize.requested_claims import RequestedClaims
from portal.oidc.device_grants import DeviceRequest
from portal.shell import query_string
from portal.signin.customers import assurance, demands, gate, rate_limits
from portal.wording import time_zones

_SIGNED_IN = "signed-in"


@require_safe
def enter(request: Request) -> HttpResponse:
    """Ask for the code; with one, show what asks for the sign-in."""
    written = str(request.GET.get("user_code", ""))
    if not written and "outcome" in request.GET:
        done = {"is_signed_in": request.GET["outcome"] == _SIGNED_IN}
        return _page(request, "oidc/device_done.html", done)
    if not written:
        return _entry(request)
    asked = _find(request, written)
    return asked if isinstance(asked, HttpResponse) else _confirmation(request, asked, written)


@require_http_methods(["POST"])
def answer(request: Request) -> HttpResponse:
    """Sign the terminal in for the chosen organization, or refuse it."""
    written = str(request.POST.get("user_code", ""))
    asked = _find(request, written)
    if isinstance(asked, HttpResponse):
        return asked
    if "refuse" in request.POST:
        device_grants.answer(asked, code="")
        return _done("refused")
    chosen = [
        one
        for one in _organizations(request, asked)
        if one.organization_key == request.POST.get("organization")
    ]
    if not chosen:
        return _confirmation(request, asked, written)
    return _sign_in(request, asked, chosen[0], written)


def _sign_in(
    request: Request, asked: DeviceRequest, chosen: EligibleMembership, written: str
) -> HttpResponse:
    back = query_string.with_values(reverse("oidc_device"), {"user_code": device_grants.written(written)})
    try:
        proof = assurance.assess(request, demands.ACCESS).proof
        code = authorize_code.issue_code(
            request, _authorization(asked), chosen, proof, terminal=asked.address
        )
    except SessionEnded:
        return error_responses.redirect_to_sign_in(request, reverse("account_login"))
    except ProofTooOld as refusal:
        return gate.respond(
            request, assurance.assess(request, demands.ACCESS, since=refusal.since), path=back
        )
    if not device_grants.answer(asked, code=code):
        return _entry(request, error=_("This code has been used. Start again on the device."))
    return _done(_SIGNED_IN)


def _find(request: Request, written: str) -> DeviceRequest | HttpResponse:
    """Return the request of the code, or the page that says what is wrong; wrong codes are limited for each person."""
    taken = rate_limits.take((rate_limits.DEVICE_CODES, str(request.user.pk)))
    if taken.wait:
        page = _entry(request, error=_("Too many wrong codes. Try again in some minutes."), status=429)
        page["Retry-After"] = str(taken.wait)
        return page
    asked = device_grants.find(written)
    if asked is None:
        text = _("This code is not known. It may have expired: the device shows a new one.")
        return _entry(request, error=text, code=written, status=404)
    taken.give_back()
    return asked


def _organizations(request: Request, asked: DeviceRequest) -> list[EligibleMembership]:
    return organization_choice.memberships_with_rights(request, _authorization(asked))


def _authorization(asked: DeviceRequest) -> AuthorizationRequest:
    """Return the terminal's request in the form of a browser's; its code goes to no address."""
    return AuthorizationRequest(
        target=RedirectTarget(client=asked.client, redirect_uri=device_grants.GRANT_TYPE, state=""),
        scopes=asked.scopes,
        nonce="",
        challenge=asked.challenge,
        prompts=frozenset(),
        max_age=None,
        login_hint="",
        id_token_hint="",
        organization="",
        resource=asked.resource,
        locales=(),
        claims=RequestedClaims(),
    )


def _entry(request: Request, *, error: str = "", code: str = "", status: int = 200) -> HttpResponse:
    context = {"action_url": reverse("oidc_device"), "error": error, "code": device_grants.written(code)}
    return _page(request, "oidc/device.html", context, status=status)


def _confirmation(request: Request, asked: DeviceRequest, written: str) -> HttpResponse:
    organizations = _organizations(request, asked)
    application = client_redirect.application_name(request, asked.client)
    asked_at = dt.datetime.fromtimestamp(asked.asked_at, dt.UTC)
    context = {
        "application": application,
        "code": device_grants.written(written),
        "address": asked.address,
        "asked_at": time_zones.date_time(asked_at, None),
        "organizations": [
            {"key": one.organization_key, "name": one.organization_name} for one in organizations
        ],
        "action_url": reverse("oidc_device_answer"),
        "signed_in_as": request.context.actor.label,
    }
    return _page(request, "oidc/device_confirm.html", context, status=200 if organizations else 403)


def _done(outcome: str) -> HttpResponse:
    """Lead to the page that says how it ended, which may be loaded again."""
    url = query_string.with_values(reverse("oidc_device"), {"outcome": outcome})
    return HttpResponseRedirect(url, status=303)


def _page(request: Request, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, template, dict(context), status=status)
    response["Cache-Control"] = "no-store"
    return response
