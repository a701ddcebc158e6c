"""Requests of programs take a fast path without session, CSRF, locale and message middleware."""

import logging
import time
from collections.abc import Callable, Mapping

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from portal.http import reference
from portal.oidc import cors, device_grants, endpoints, metadata, token
from portal.oidc.authorize import pushed_requests
from portal.oidc.json_responses import OAuthError
from portal.operations import request_log

_log = logging.getLogger(__name__)

Endpoint = Callable[[HttpRequest], HttpResponse]
_READ, _POST, _BOTH = ("GET", "HEAD"), ("POST",), ("GET", "HEAD", "POST")

ROUTES: Mapping[str, tuple[Endpoint, tuple[str, ...]]] = {
    metadata.DISCOVERY: (endpoints.discovery, _READ),
    metadata.METADATA: (endpoints.discovery, _READ),
    metadata.JWKS: (endpoints.jwks, _READ),
    metadata.TOKEN: (token.token, _POST),
    metadata.USERINFO: (endpoints.userinfo, _BOTH),
    metadata.INTROSPECT: (endpoints.introspect, _POST),
    metadata.REVOKE: (endpoints.revoke, _POST),
    metadata.DEVICE_AUTHORIZATION: (device_grants.authorize, _POST),
    metadata.PAR: (pushed_requests.push, _POST),
}


class FastPath:
    """Answers before all middleware but the one that sets security headers; passes all other requests on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Compare the whole path: one dictionary lookup for every other request."""
        if request.path_info not in ROUTES:
            return self.get_response(request)
        started = time.perf_counter()
        request_id = reference.new_reference()
        with request_log.bound(request_id):
            return request_log.record(
                serve(request, request_id),
                method=request.method,
                route=request.path_info.removeprefix("/"),
                request_id=request_id,
                started=started,
            )


def serve(request: HttpRequest, request_id: str = "") -> HttpResponse:
    """Answer in JSON, for every failure too; every error names the request's reference."""
    try:
        response = cors.preflight(request) or _answer(request)
    except OAuthError as error:
        response = error.response(reference=request_id)
    if request.method != "OPTIONS":
        cors.allow(request, response)
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    """Return the endpoint's response. Raises OAuthError for every failure."""
    endpoint, methods = ROUTES[request.path_info]
    if request.method not in methods:
        raise OAuthError("invalid_request", status=405, headers={"Allow": ", ".join(methods)})
    try:
        return endpoint(request)
    except OAuthError:
        raise
    except SuspiciousOperation as error:  # a body above the size limit
        raise OAuthError("invalid_request") from error
    except OperationalError as error:
        _log.exception("No database for %s", request.path_info)
        raise OAuthError("temporarily_unavailable", status=503, headers={"Retry-After": "1"}) from error
    except Exception as error:
        _log.exception("Failed: %s", request.path_info)
        raise OAuthError("server_error", status=500) from error
