"""A staff session ends by the person or by the provider."""

import logging
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from audit.foundation import clock
from identity.staff import sessions
from identity.staff.sessions import OpenSession
from portal.shell import page_model
from portal.signin.staff import (
    break_glass,
    configuration,
    cookies,
    middleware,
    pages,
    provider,
    provider_tokens,
    sign_in,
)
from portal.signin.staff.errors import ProviderUnavailable, SignInRefused

logger = logging.getLogger("keyholder.staff_sign_in")
RETRY_SECONDS = 60


def sign_in_page(*, after: str) -> pages.SignInPage:
    """Return the page before the sign-in, as `pages.sign_in_page` does."""
    return pages.sign_in_page(
        configuration.current(),
        start_url=reverse("staff_start"),
        customers_url=reverse("account_login"),
        after=after,
    )


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session, and go on to the provider where it offers to end its own (RP-Initiated Logout §2)."""
    session = middleware.require_session(request).staff_session
    _end(request, session)
    response: HttpResponse
    if session.break_glass is None and (url := _provider_sign_out_url()):
        # The content policy lets no form lead to another origin: a page that continues by itself.
        response = page_model.render(request, pages.leaving_page(configuration.current(), target_url=url))
    elif session.break_glass is not None:
        # Without a configured provider, the page before the sign-in ceased to exist with the opening.
        response = page_model.render(request, sign_in_page(after=pages.ENDED))
    else:
        response = HttpResponseRedirect(f"{reverse('staff_sign_in')}?{pages.SIGNED_OUT}")
    cookies.forget_session(response)
    return response


def end_former(request: HttpRequest) -> None:
    """End the session that this browser had: a new sign-in replaces it."""
    secret = cookies.secret_of(request)
    former = sessions.load(secret=secret) if secret else None
    if former is not None:
        _end(request, former)


def _end(request: HttpRequest, session: OpenSession) -> None:
    """End this session; a break-glass sign-in ends with its one session."""
    if session.break_glass is None:
        sign_in.sign_out(request, session)
    else:
        break_glass.end_with(request, session)


def _provider_sign_out_url() -> str:
    """Return the address that ends the provider's session, empty where it offers none or does not answer.

    Without an ID token as a hint, which would lie in the browser's history: the provider asks the person.
    """
    try:
        endpoint = provider.current().metadata().end_session_endpoint
    except ProviderUnavailable:
        return ""
    query = {
        "client_id": configuration.current().client_id,
        "post_logout_redirect_uri": f"{settings.ISSUER}{reverse('staff_sign_in')}",
        "state": pages.SIGNED_OUT,
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}" if endpoint else ""


@login_not_required
@middleware.by_provider
@csrf_exempt
@require_POST
def backchannel_logout(request: HttpRequest) -> HttpResponse:
    """End the sessions that the provider's logout token names (Back-Channel Logout §2.5 to §2.8)."""
    tokens = request.POST.getlist("logout_token")
    sent = tokens[0] if len(tokens) == 1 else None
    try:
        token = provider_tokens.verify_logout_token(sent, provider=provider.current(), now=clock.wall())
        sign_in.end_for_logout_token(request, token)
    except (SignInRefused, sessions.TokenUsed) as refused:
        logger.warning("A logout token was refused: %s", refused)
        return JsonResponse({"error": "invalid_request"}, status=HTTPStatus.BAD_REQUEST)
    except ProviderUnavailable:
        response = JsonResponse({"error": "temporarily_unavailable"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        response["Retry-After"] = str(RETRY_SECONDS)
        return response
    return HttpResponse(status=HTTPStatus.OK)
