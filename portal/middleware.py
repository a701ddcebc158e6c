"""Pages pass this middleware: request log, language, caching, control characters, sign-in, errors of the domain."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost, TooManyFieldsSent
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from audit.foundation.errors import DomainError
from identity.sessions.store import SessionStore
from portal.front import kinds
from portal.http import control_characters, error_responses, languages, request_context, request_data
from portal.operations import request_log
from portal.shell import looked_page
from portal.signin.customers import demands, gate, organization_proof, own_language
from portal.wording import refusals

Next = Callable[[HttpRequest], HttpResponseBase]
View = Callable[..., HttpResponseBase]


class RequestLog:
    """Gives every request of a page an id, a log line and a measurement (`portal.operations.request_log`)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Give the request its context before any other middleware reads it."""
        request_context.attach_context(request)
        started = time.perf_counter()
        request_id = request_context.request_id(request)
        with request_log.bound(request_id):
            response = self.get_response(request)
            return request_log.record(
                response,
                method=request.method,
                route=request.resolver_match.route if request.resolver_match else "",
                request_id=request_id,
                started=started,
            )


class Language:
    """Sets the reader's language (`portal.http.languages`)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Run after the session middleware, because the person's language depends on the session."""
        language = languages.current(request)
        request.LANGUAGE_CODE = language
        with translation.override(language), timezone.override(None):  # pages of an organization set its zone
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if isinstance(response, HttpResponse):
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


class ChosenLanguage:
    """Makes a choice before the sign-in the language of the person who signs in (`own_language.adopt`)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Run inside the messages, because the next page says what was changed. A polled request shows none."""
        response = self.get_response(request)
        if not request_data.is_polled(request):
            own_language.adopt(request, response)
        return response


class NoStore:
    """Forbids browsers and proxies to store a page, unless its view allows it; clears their storage after a session."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set Cache-Control where the view has not, and Clear-Site-Data where the response ends the session."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and not cookie.value:
            # Cookies stay: the one of a known browser outlives the session.
            response.headers["Clear-Site-Data"] = '"storage"'
        return response


class KnownHost:
    """Refuses requests for another host in a few bytes. Probes may name the machine by its address."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 400 without Django's error page and its log line, which strangers could fill the log with."""
        if request.path_info in kinds.PROBES:
            request.META["HTTP_HOST"] = urlsplit(settings.ISSUER).netloc
        try:
            request.get_host()
        except DisallowedHost:
            return HttpResponse("Unknown host.\n", "text/plain; charset=utf-8", HTTPStatus.BAD_REQUEST)
        return self.get_response(request)


class PolledSession:
    """Marks the session of a page that asks by itself: an open page must not keep a session from its idle limit."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set `is_polled` before the session is loaded."""
        if request_data.is_polled(request) and isinstance(request.session, SessionStore):
            request.session.is_polled = True
        return self.get_response(request)


class RejectBadAddresses:
    """Refuses paths and queries with control characters, and queries of too many fields.

    Forms check their own values.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Show a page with status 400 for such an address."""
        return (
            error_responses.page(request, HTTPStatus.BAD_REQUEST)
            if self._is_unreadable(request) or control_characters.has_control_characters_in_url(request)
            else self.get_response(request)
        )

    @staticmethod
    def _is_unreadable(request: HttpRequest) -> bool:
        """Return whether the query cannot be read; it is then empty for the error page, which reads it again."""
        try:
            request.GET  # noqa: B018 - read here, because it raises
        except TooManyFieldsSent:
            request.GET = QueryDict()
            return True
        return False

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Show status 400, not 500, for a value that no form refused and the database did."""
        if isinstance(
            exception, DataError | ValueError
        ) and control_characters.has_control_characters_in_values(request.POST):
            return error_responses.page(request, HTTPStatus.BAD_REQUEST)
        return None


class CopiedPages:
    """Copies the pages of a person who lets a staff member look along (`portal.shell.looked_page`)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Copy the page as it was answered."""
        response = self.get_response(request)
        looked_page.copy_page(request, response)
        return response


class RequireSignIn:
    """Requires of every session what its page demands (`portal.signin.customers.demands`)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on: the check is in `process_view`, where the view is known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        """Return None where the view may run, else the response that leads to the sign-in."""
        del args
        match = request.resolver_match
        demand = demands.of_page(match.url_name if match else None, view)
        if demand is None:
            return None
        key = str(kwargs.get("organization", ""))
        own_request = request_context.require_context(request)
        since = organization_proof.required_since(own_request, key) if key else None
        return gate.require(request, demand, since=since)


class DomainErrorPages:
    """Turns a domain error into a page with its sentence."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on: `process_exception` does the work."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Show the sentence of a domain error; return None for any other exception."""
        return (
            error_responses.refused(request, refusals.sentence_for(exception))
            if isinstance(exception, DomainError)
            else None
        )
