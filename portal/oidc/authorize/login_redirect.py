"""The redirect to the sign-in page carries the address and language that the service knows of the person."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from portal.http import languages
from portal.http.request_context import Request
from portal.oidc.authorize.request import AuthorizationRequest
from portal.signin.customers import ended_sessions

_MAX_ADDRESS = 254


def redirect_to_sign_in(request: Request, authorization: AuthorizationRequest, next_url: str) -> HttpResponse:
    """Fill in the address of `login_hint`, use the service's language, and return to `next_url` afterwards."""
    hint = authorization.login_hint
    known = {"login": hint} if "@" in hint and len(hint) <= _MAX_ADDRESS else {}
    response = HttpResponseRedirect(sign_in_url(next_url, **known))
    ended_sessions.remember(response, ended_sessions.find(request))
    language = language_of(authorization.locales)
    if language and not languages.of_browser(request):
        languages.remember(
            response, language
        )  # until the browser is closed: a choice on our own pages lasts longer
    return response


def sign_in_url(next_url: str, **more: str) -> str:
    """Return the address of the sign-in page that leads to `next_url`."""
    return f"{reverse('account_login')}?{urlencode({'next': next_url, **more})}"


def language_of(locales: Iterable[str]) -> str:
    """Return the first of `ui_locales` that the portal supports; `fi-FI` is `fi` (OIDC Core §3.1.2.1, BCP 47)."""
    return languages.first_supported(locale.lower().partition("-")[0] for locale in locales)
