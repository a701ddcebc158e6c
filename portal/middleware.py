"""What happens around every page: observed, in the reader's language, by somebody, signed in, in clean characters."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from audit.foundation.errors import DomainError
from portal.http import error_responses, input_cleaning
from portal.http.request_context import Request
from portal.operations import request_log
from portal.signin.customers import adapter as customers_adapter
from portal.wording import refusals

Next = Callable[[HttpRequest], HttpResponseBase]
View = Callable[..., HttpResponseBase]


class RequestLog:
    """A number, a line in the log and a measurement for every request of a page (`portal.operations.request_log`)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Make it a `Request` of ours first."""
        request.__class__ = Request
        begun = time.perf_counter()
        response = self.get_response(request)
        return request_log.answered(
            response,
            method=request.method,
            route=request.resolver_match.route if request.resolver_match else "",
            number=request.request_id if isinstance(request, Request) else "",
            begun=begun,
        )


class Language:
    """The reader's language: what was chosen in this browser, else the person's own, else what the browser asks for."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Stands after the session: the person's own language is theirs."""
        language = _language(request)
        request.LANGUAGE_CODE = language
        with translation.override(language), timezone.override(None):  # pages of a company set theirs
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if isinstance(response, HttpResponse):
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def _language(request: HttpRequest) -> str:
    known = dict(settings.LANGUAGES)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in known:
        return chosen
    user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    if user is not None and user.is_authenticated and user.language in known:
        return user.language
    return translation.get_language_from_request(request)


class NoStore:
    """Pages are nobody else's and nobody's tomorrow: nothing is kept by browsers and proxies unless a view says so."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """`request.actor` and `request.now` are `Request`'s own."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class RejectControlCharacters:
    """Paths and queries with control characters are answered here; what is typed into forms is the forms' business."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Status 400, with a page."""
        return (
            error_responses.page(request, HTTPStatus.BAD_REQUEST)
            if input_cleaning.in_address(request)
            else self.get_response(request)
        )

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What a view let through as far as the database is still no failure of ours."""
        if isinstance(exception, DataError | ValueError) and input_cleaning.in_values(request.POST):
            return error_responses.page(request, HTTPStatus.BAD_REQUEST)
        return None


class RequireSignIn:
    """Every page asks for a sign-in of the demanded strength, unless its view says otherwise.

    `login_required = False` on a view (Django's `login_not_required`): anybody. `any_strength = True`: whoever is
    signed in at all, for the pages where factors are set up.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """All is done once the view is known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        """Nothing when the view may run."""
        del args, kwargs
        if not getattr(view, "login_required", True):
            return None
        if getattr(view, "any_strength", False) and request.user.is_authenticated:
            return None
        return customers_adapter.require(request)


class DomainErrorPages:
    """A refusal of the domain becomes a page with its sentence."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Only exceptions are of interest."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Nothing for what is not ours."""
        return (
            error_responses.refused(request, refusals.sentence_for(exception))
            if isinstance(exception, DomainError)
            else None
        )
