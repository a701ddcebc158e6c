"""The short path: what programs call passes no session, CSRF, locale or message middleware."""

import logging
import time
from collections.abc import Callable, Mapping

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from audit import ids
from portal import observing
from portal.oidc import answers, endpoints, programs, token
from portal.oidc.answers import Refusal

_log = logging.getLogger(__name__)

Endpoint = Callable[[HttpRequest], HttpResponse]
_READ, _POST, _BOTH = ("GET", "HEAD"), ("POST",), ("GET", "HEAD", "POST")

ROUTES: Mapping[str, tuple[Endpoint, tuple[str, ...]]] = {
    endpoints.DISCOVERY: (programs.discovery, _READ),
    endpoints.METADATA: (programs.discovery, _READ),
    endpoints.JWKS: (programs.jwks, _READ),
    endpoints.TOKEN: (token.token, _POST),
    endpoints.USERINFO: (programs.userinfo, _BOTH),
    endpoints.INTROSPECT: (programs.introspect, _POST),
    endpoints.REVOKE: (programs.revoke, _POST),
}


class ShortPath:
    """Stands outside every other middleware but the one that sets headers; hands everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Compares the whole path: one lookup for a request that is not for here."""
        if request.path_info not in ROUTES:
            return self.get_response(request)
        begun = time.perf_counter()
        return observing.answered(
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
        return answers.Refusal("invalid_request", status=405, headers={"Allow": ", ".join(methods)}).answer
    try:
        return endpoint(request)
    except Refusal as refusal:
        return refusal.answer
    except SuspiciousOperation:  # a body beyond all measure
        return Refusal("invalid_request").answer
    except OperationalError:
        _log.exception("No database for %s", request.path_info)
        return Refusal("temporarily_unavailable", status=503, headers={"Retry-After": "1"}).answer
    except Exception:  # noqa: BLE001 - programs get JSON, whatever happened
        _log.exception("Failed: %s", request.path_info)
        return Refusal("server_error", status=500).answer
