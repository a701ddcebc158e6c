"""The fast path: requests of programs pass no session, CSRF, locale or message middleware."""

import logging
import time
from collections.abc import Callable, Mapping

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from portal.http import reference
from portal.oidc import endpoints, json_responses, metadata, token
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
    """Answer in JSON, for every failure too; a server error names the request's reference."""
    endpoint, methods = ROUTES[request.path_info]
    description = f"Reference {request_id}" if request_id else ""
    if request.method not in methods:
        return json_responses.OAuthError(
            "invalid_request", status=405, headers={"Allow": ", ".join(methods)}
        ).response
    try:
        return endpoint(request)
    except OAuthError as refusal:
        return refusal.response
    except SuspiciousOperation:  # a body above the size limit
        return OAuthError("invalid_request").response
    except OperationalError:
        _log.exception("No database for %s", request.path_info)
        return OAuthError(
            "temporarily_unavailable", description, status=503, headers={"Retry-After": "1"}
        ).response
    except Exception:  # noqa: BLE001 - programs get JSON for every failure
        _log.exception("Failed: %s", request.path_info)
        return OAuthError("server_error", description, status=500).response
