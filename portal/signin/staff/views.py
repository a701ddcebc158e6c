"""Staff sign in from this page, by the supplier's identity provider and back."""

import datetime as dt
import logging
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from audit.foundation import clock
from portal.http import request_context
from portal.shell import page_model
from portal.signin.staff import (
    configuration,
    cookies,
    ending_reasons,
    limited,
    middleware,
    pages,
    provider,
    session_views,
    sign_in,
)
from portal.signin.staff.backend import Claims, StaffBackend
from portal.signin.staff.errors import ProviderUnavailable, RefusalCode, SignInRefused

logger = logging.getLogger("keyholder.staff_sign_in")
_SCOPE = "openid profile email"


@login_not_required
@middleware.public
@require_safe
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Show the page before the sign-in."""
    return page_model.render(request, session_views.sign_in_page(after=_after(request)))


def _after(request: HttpRequest) -> str:
    """Return which end of a session led here, empty for none."""
    if ending := ending_reasons.from_address(request):
        return ending.value
    if request.GET.get("state") == pages.SIGNED_OUT:
        return pages.BY_PROVIDER
    return pages.SIGNED_OUT if pages.SIGNED_OUT in request.GET else ""


@login_not_required
@middleware.by_provider
@require_GET
@limited.limited
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider: code flow with PKCE S256, state and nonce (OpenID Connect Core §3.1.2.1).

    A link and not a form: the content policy lets no form lead to another origin.
    """
    try:
        endpoint = provider.current().metadata().authorization_endpoint
    except ProviderUnavailable:
        return _unavailable(request)
    pending, configured = cookies.begin(at=clock.wall()), configuration.current()
    query = {
        "response_type": "code",
        "scope": _SCOPE,
        "client_id": configured.client_id,
        "redirect_uri": _callback_url(),
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": pending.code_challenge,
        "code_challenge_method": "S256",
    }
    if configured.acr_values:
        query["acr_values"] = " ".join(configured.acr_values)
    response = HttpResponseRedirect(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}")
    cookies.remember_pending(response, pending)
    return response


@login_not_required
@middleware.by_provider
@require_GET
@limited.limited
def callback(request: HttpRequest) -> HttpResponse:
    """Open a session for the provider's response, or say why not. Either way the sign-in under way has ended."""
    response: HttpResponse
    try:
        secret, user = sign_in.open_session(request, _claims(request))
    except SignInRefused as refused:
        logger.warning("A staff sign-in was refused: %s %s", refused.code, refused.detail)
        sign_in.deny(request, refused)
        response = _refused(request, refused.code)
    except ProviderUnavailable:
        response = _unavailable(request)
    else:
        response = HttpResponseRedirect(reverse("staff_home"))
        session_views.end_former(request)
        cookies.remember_session(response, secret, user=user)
    cookies.forget_pending(response)
    return response


def _claims(request: HttpRequest) -> Claims:
    """Return what the provider says. Raises SignInRefused, ProviderUnavailable."""
    now = clock.wall()
    pending = cookies.pending_of(request, state=_one(request, "state"), at=now)
    found = provider.current()
    names_issuer = "iss" in request.GET or found.metadata().names_issuer
    if names_issuer and _one(request, "iss") != found.configured.issuer:  # RFC 9207 §2.4
        raise SignInRefused(RefusalCode.TOKEN, "the response names another issuer")
    if "error" in request.GET:
        raise SignInRefused(RefusalCode.PROVIDER)
    _one(request, "code")
    backend = StaffBackend(
        provider=found,
        redirect_uri=_callback_url(),
        began_at=dt.datetime.fromtimestamp(pending.began_at, dt.UTC),
        now=now,
    )
    claims = backend.authenticate(request, nonce=pending.nonce, code_verifier=pending.code_verifier)
    if not isinstance(claims, Claims):
        raise SignInRefused(RefusalCode.TOKEN)
    return claims


def _one(request: HttpRequest, name: str) -> str:
    """Return the only value of a parameter, which must be there once (RFC 6749 §3.1)."""
    values = request.GET.getlist(name)
    if len(values) != 1 or not values[0]:
        raise SignInRefused(RefusalCode.STATE, f"{name} is missing or repeated")
    return str(values[0])


def _callback_url() -> str:
    """Return the address that is registered at the provider: below the issuer, whatever host the browser asked."""
    return f"{settings.ISSUER}{reverse('staff_callback')}"


def _refused(request: HttpRequest, code: RefusalCode) -> HttpResponse:
    model = pages.refused_page(
        code, again_url=reverse("staff_sign_in"), reference=request_context.request_id(request)
    )
    status = HTTPStatus.BAD_REQUEST if code is RefusalCode.STATE else HTTPStatus.FORBIDDEN
    return page_model.render(request, model, status=status)


def _unavailable(request: HttpRequest) -> HttpResponse:
    model = pages.unavailable_page(
        again_url=reverse("staff_sign_in"), reference=request_context.request_id(request)
    )
    response = page_model.render(request, model, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(session_views.RETRY_SECONDS)
    return response
