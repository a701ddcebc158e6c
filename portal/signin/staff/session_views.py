"""The first staff page, and the end of a staff session: by the person, and by the provider."""

import logging
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from audit.foundation import clock
from identity.staff import sessions
from portal.shell import page_model
from portal.signin.staff import configuration, cookies, middleware, pages, provider, sign_in, signed_tokens
from portal.signin.staff.errors import ProviderUnavailable, SignInRefused

logger = logging.getLogger("keyholder.staff_sign_in")
SIGNED_OUT = "signed-out"
RETRY_SECONDS = 60


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the desk: the worklist, and the reader's own sign-in."""
    session = middleware.require_session(request).staff_session
    return page_model.render(request, pages.home_page(configuration.current(), session))


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session, and go on to the provider where it offers to end its own (RP-Initiated Logout §2)."""
    sign_in.sign_out(request, middleware.require_session(request).staff_session)
    response: HttpResponse
    if url := _provider_sign_out_url():
        # The content policy lets no form lead to another origin: a page that continues by itself.
        response = page_model.render(request, pages.leaving_page(configuration.current(), target_url=url))
    else:
        response = HttpResponseRedirect(f"{reverse('staff_sign_in')}?{SIGNED_OUT}")
    cookies.forget_session(response)
    return response


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
        "state": SIGNED_OUT,
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}" if endpoint else ""


@login_not_required
@middleware.public
@csrf_exempt
@require_POST
def backchannel_logout(request: HttpRequest) -> HttpResponse:
    """End the sessions that the provider's logout token names (Back-Channel Logout §2.5 to §2.8)."""
    tokens = request.POST.getlist("logout_token")
    sent = tokens[0] if len(tokens) == 1 else None
    try:
        token = signed_tokens.verify_logout_token(sent, provider=provider.current(), now=clock.wall())
        sign_in.end_for_logout_token(request, token)
    except (SignInRefused, sessions.TokenUsed) as refused:
        logger.warning("A logout token was refused: %s", refused)
        return JsonResponse({"error": "invalid_request"}, status=HTTPStatus.BAD_REQUEST)
    except ProviderUnavailable:
        response = JsonResponse({"error": "temporarily_unavailable"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        response["Retry-After"] = str(RETRY_SECONDS)
        return response
    return HttpResponse(status=HTTPStatus.OK)
