"""A request has the language of the person signed in, else the one that this browser knows, else a requested one.

A language that a person chooses before the sign-in becomes theirs with the sign-in (`portal.web.language`).
"""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

CHOICE_SECONDS = 1800
"""How long a choice before the sign-in waits for it: a shared browser must not give it to the next person."""


def current(request: HttpRequest) -> str:
    """Return the language of this request's page. The session is read only where the request names one."""
    return known(request) or translation.get_language_from_request(request)


def known(request: HttpRequest) -> str:
    """Return the language of the person signed in, else that of this browser's cookie; empty without either."""
    return of_person(request) or of_browser(request)


def of_person(request: HttpRequest) -> str:
    """Return the language of the person signed in; empty without one."""
    user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    return _checked(user.language) if user is not None and user.is_authenticated else ""


def of_browser(request: HttpRequest) -> str:
    """Return the language of this browser's cookie; empty without one."""
    return _checked(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))


def chosen_before_sign_in(request: HttpRequest) -> str:
    """Return the language that was chosen in this browser and waits for its sign-in; empty without one."""
    return _checked(request.COOKIES.get(settings.LANGUAGE_CHOICE_COOKIE_NAME, ""))


def remember(response: HttpResponseBase, language: str, *, seconds: int | None = None) -> None:
    """Set the cookie of the language for the pages before a sign-in; without `seconds` it ends with the browser."""
    _set(response, settings.LANGUAGE_COOKIE_NAME, language, seconds)


def remember_choice(response: HttpResponseBase, language: str) -> None:
    """Let a choice wait for the sign-in."""
    _set(response, settings.LANGUAGE_CHOICE_COOKIE_NAME, language, CHOICE_SECONDS)


def forget_choice(request: HttpRequest, response: HttpResponseBase) -> None:
    """Delete the choice that waited, also for the rest of this request."""
    if request.COOKIES.pop(settings.LANGUAGE_CHOICE_COOKIE_NAME, None) is not None:
        response.delete_cookie(settings.LANGUAGE_CHOICE_COOKIE_NAME, samesite="Lax")


def first_supported(codes: Iterable[str]) -> str:
    """Return the first of these languages that the portal has; empty without one."""
    supported = dict(settings.LANGUAGES)
    return next((code for code in codes if code in supported), "")


def _checked(language: str) -> str:
    return first_supported([language])


def _set(response: HttpResponseBase, name: str, language: str, seconds: int | None) -> None:
    response.set_cookie(name, language, max_age=seconds, httponly=True, secure=settings.HTTPS, samesite="Lax")
