"""A person who is not signed in, sent on to the sign-in page with what the service knows of them."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from portal.http.request_context import Request as HttpRequest
from portal.oidc.authorize.request import AuthorizationRequest

_LONGEST_ADDRESS = 254


def to_sign_in(request: HttpRequest, asked: AuthorizationRequest, back: str) -> HttpResponse:
    """Coming back to `back`, with the address already there and in the language they read at the service."""
    hint = asked.login_hint
    known = {"login": hint} if "@" in hint and len(hint) <= _LONGEST_ADDRESS else {}
    answer = HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': back, **known})}")
    language = _language(asked)
    if language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        # Until the browser is closed: who chooses a language on a page of ours chooses for longer.
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, httponly=True, secure=settings.HTTPS, samesite="Lax"
        )
    return answer


def _language(asked: AuthorizationRequest) -> str:
    """The first of `ui_locales` that is spoken here; `fi-FI` is `fi` (OIDC Core §3.1.2.1, BCP 47)."""
    known = dict(settings.LANGUAGES)
    wanted = (one.lower().partition("-")[0] for one in asked.locales)
    return next((one for one in wanted if one in known), "")
