"""The REST API is served without sessions, cookies, languages of readers or pages: a bearer token alone counts."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone, translation

from portal.api import problems
from portal.front import kinds
from portal.http import control_characters, reference
from portal.operations import request_log

URL_MAP = "portal.api.urls"

_log = logging.getLogger(__name__)


class RestApi:
    """Answers requests below /api/ before all middleware but the one that sets security headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in JSON, for every failure too; every answer names the request's reference."""
        if not request.path_info.startswith(kinds.API_PREFIX):
            return self.get_response(request)
        started = time.perf_counter()
        request_id = reference.new_reference()
        match = _match(request.path_info)
        with request_log.bound(request_id), translation.override("en"), timezone.override(None):
            return request_log.record(
                _answer(request, match, request_id),
                method=request.method,
                route=match.route if match else "",
                request_id=request_id,
                started=started,
                service_user=request.META.get(problems.SERVICE_USER, ""),
            )


def _match(path: str) -> ResolverMatch | None:
    try:
        return resolve(path, urlconf=URL_MAP)
    except Resolver404:
        return None


def _answer(request: HttpRequest, match: ResolverMatch | None, request_id: str) -> HttpResponse:
    request.META[problems.REFERENCE] = request_id
    if match is None:
        return problems.response(HTTPStatus.NOT_FOUND, "not_found", reference=request_id)
    try:
        if control_characters.has_control_characters_in_url(request):
            return problems.response(HTTPStatus.BAD_REQUEST, "malformed", reference=request_id)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response.render() if hasattr(response, "render") else response
    except SuspiciousOperation:  # a body above the size limit, or a query of too many fields
        return problems.response(HTTPStatus.BAD_REQUEST, "malformed", reference=request_id)
    except OperationalError:
        _log.exception("No database for %s", match.route)
        return problems.response(
            HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", reference=request_id, retry_after=1
        )
    except Exception:  # noqa: BLE001 - every failure is answered as a problem
        _log.exception("Failed: %s", match.route)
        return problems.response(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", reference=request_id)
