"""Responses to programs are JSON and never stored; errors follow RFC 6749 §5.2 and RFC 6750 §3."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

_PRIVATE = {
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "Content-Security-Policy": settings.NO_DOCUMENT_POLICY,
}


class OAuthError(Exception):
    """Describes the error response of an endpoint for programs, with further `headers`."""

    def __init__(
        self,
        error: str,
        description: str = "",
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers or {}

    def response(self, *, reference: str = "") -> HttpResponse:
        """Return the error as JSON (RFC 6749 §5.2), with the reference of the request at the end of the description."""
        description = " ".join(filter(None, (self.description, reference and f"Reference {reference}")))
        body = {"error": self.error} | ({"error_description": description} if description else {})
        return ok(body, status=self.status, headers=self.headers)


def bearer_error(error: str, *, status: int = 401) -> OAuthError:
    """Return a refusal at a protected resource; `error` is empty for a request without a token (RFC 6750 §3.1)."""
    challenge = f'Bearer realm="keyholder", error="{error}"' if error else 'Bearer realm="keyholder"'
    return OAuthError(error or "invalid_token", status=status, headers={"WWW-Authenticate": challenge})


def ok(
    body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Answer with JSON that no cache may store."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text, "application/json", status, headers={**_PRIVATE, **(headers or {})})


def public(request: HttpRequest, body: bytes, *, etag: str, seconds: int) -> HttpResponse:
    """Answer with precomputed JSON that any cache and origin may use for `seconds`; 304 where the ETag matches."""
    headers = {
        "ETag": quote_etag(etag),
        "Cache-Control": f"public, max-age={seconds}",
        "Content-Security-Policy": settings.NO_DOCUMENT_POLICY,
    }
    response = HttpResponse(body, "application/json", headers=headers)
    return get_conditional_response(request, etag=headers["ETag"], response=response) or response
