"""The short path: what programs call passes no session, CSRF, locale or message middleware."""

import logging
import time
from collections.abc import Callable, Mapping

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from audit.foundation import ids
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
    """Stands outside every other middleware but the one that sets headers; hands everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Compares the whole path: one lookup for a request that is not for here."""
        if request.path_info not in ROUTES:
            return self.get_response(request)
        begun = time.perf_counter()
        return request_log.answered(
            serve(request),
            method=request.method,
            route=request.path_info.removeprefix("/"),
            number=ids.uuid7().hex,
            begun=begun,
        )


def serve(request: HttpRequest) -> HttpResponse:
    """Answer as JSON, whatever happens."""
    endpoint, methods = ROUTES[request.path_info]
    if request.method not in methods:
        return json_responses.OAuthError(
            "invalid_request", status=405, headers={"Allow": ", ".join(methods)}
        ).answer
    try:
        return endpoint(request)
    except OAuthError as refusal:
        return refusal.answer
    except SuspiciousOperation:  # a body beyond all measure
        return OAuthError("invalid_request").answer
    except OperationalError:
        _log.exception("No database for %s", request.path_info)
        return OAuthError("temporarily_unavailable", status=503, headers={"Retry-After": "1"}).answer
    except Exception:  # noqa: BLE001 - programs get JSON, whatever happened
        _log.exception("Failed: %s", request.path_info)
        return OAuthError("server_error", status=500).answer
