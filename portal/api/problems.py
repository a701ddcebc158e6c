"""Every failure is a problem document (RFC 9457) with a stable code, and a sentence for the person who reads it."""

import json
import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from rest_framework import exceptions

from audit.foundation.errors import DomainError
from portal.http import problem_codes
from portal.wording import refusals

CONTENT_TYPE = "application/problem+json"
PRIVATE: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": settings.NO_DOCUMENT_POLICY,
}
REFERENCE = "keyholder.reference"
"""The key of `request.META` that holds the reference of a request."""
SERVICE_USER = "keyholder.service_user"
"""The key of `request.META` that holds the id of the service user, once its token was checked."""
DETAILS = {
    "not_found": "There is nothing at this address, or this token may not see it.",
    "malformed": "The request cannot be read. Check the address, the JSON and its characters.",
    "unavailable": (
        "The service is not available at the moment. A change may have been done: repeat it with the same"
        " Idempotency-Key, which runs it once."
    ),
    "failed": problem_codes.MAY_HAVE_BEEN_DONE,
    "invalid_token": "The access token is missing, expired or revoked. Get a new one from /oauth/token.",
    "insufficient_scope": "The access token lacks a scope that this request needs.",
    "idempotency_key_missing": "A change needs the header Idempotency-Key, with a new value for each change.",
    "idempotency_key_reused": "This Idempotency-Key was used for another request. Nothing was changed.",
    "precondition_required": "This change needs the header If-Match, with the ETag of what was read.",
    "difference_changed": (
        "The offers, the catalogue or the people affected have changed since the preview. Nothing was changed."
    ),
    "second_person_required": (
        "More people would lose something than one person may decide. Nothing was applied. Propose the file: another"
        " catalogue owner agrees on the page Catalogue of the desk."
    ),
    "access_changed": "The access has changed since it was read. Nothing was changed. Read it again.",
    "unchanged": "This is in force already. Nothing was changed.",
    "invalid_cursor": "The list cannot be continued from here. Read it again from its first page.",
    "invalid_request": "Some fields are missing or incorrect. Nothing was changed.",
    "method_not_allowed": "This address does not answer this method.",
    "not_acceptable": "This address answers in JSON only.",
    "unsupported_media_type": "The body must be application/json.",
    "too_many_requests": "Too many requests. Nothing was changed. Try again after the stated seconds.",
}
"""For the codes of the API itself, and for those whose sentence on pages speaks of a form."""
_STATUS = {"idempotency_key_reused": 422, "access_changed": 412}
CHALLENGE = 'Bearer realm="keyholder"'
_NOT_SHOWN = frozenset({"refused"})


class ApiProblem(exceptions.APIException):
    """Ends a request with a problem of the API itself."""

    def __init__(self, status: HTTPStatus, code: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(DETAILS[code], code)
        self.status_code = int(status)
        self.code = code
        self.headers = headers or {}


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Turn an exception of a view into a problem; None for an unexpected one."""
    reference = str(context["request"].META.get(REFERENCE, ""))
    if isinstance(error, DomainError):
        return _domain_problem(error, reference)
    if isinstance(error, Http404):
        return response(HTTPStatus.NOT_FOUND, "not_found", reference=reference)
    if isinstance(error, ApiProblem):
        return response(error.status_code, error.code, reference=reference, headers=error.headers)
    if isinstance(error, exceptions.ValidationError):
        found = list(_fields(error.detail))
        return response(400, "invalid_request", reference=reference, errors=found)
    if isinstance(error, exceptions.Throttled):
        wait = max(1, math.ceil(getattr(error, "wait", None) or 1))
        return response(429, "too_many_requests", reference=reference, retry_after=wait)
    if isinstance(error, exceptions.APIException):
        return response(error.status_code, _code_of(error), reference=reference, headers=_headers(error))
    return None


def _code_of(error: exceptions.APIException) -> str:
    codes: dict[type[exceptions.APIException], str] = {
        exceptions.NotAuthenticated: "invalid_token",
        exceptions.AuthenticationFailed: "invalid_token",
        exceptions.PermissionDenied: "insufficient_scope",
        exceptions.MethodNotAllowed: "method_not_allowed",
        exceptions.NotAcceptable: "not_acceptable",
        exceptions.UnsupportedMediaType: "unsupported_media_type",
    }
    return codes.get(type(error), problem_codes.BY_STATUS[HTTPStatus.BAD_REQUEST])


def _headers(error: exceptions.APIException) -> dict[str, str]:
    """Return the challenge of a missing or invalid token, or of one that lacks the scope (RFC 6750 §3.1)."""
    if isinstance(error, exceptions.PermissionDenied):
        return {"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope"'}
    challenge = getattr(error, "auth_header", "")
    return {"WWW-Authenticate": challenge} if challenge else {}


def _domain_problem(error: DomainError, reference: str) -> HttpResponse:
    sentence = refusals.sentence_for(error)
    data = {name: value for name, value in error.data.items() if name not in _NOT_SHOWN}
    return response(
        _STATUS.get(error.code, sentence.status),
        error.code,
        reference=reference,
        detail=DETAILS.get(error.code, sentence.text),
        retry_after=sentence.retry_after,
        data=data,
    )


def _fields(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Name each field with its code, as `access.sites.0`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _fields(inner, f"{path}.{name}".strip("."))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            is_text = isinstance(inner, exceptions.ErrorDetail)
            yield from _fields(inner, path if is_text else f"{path}.{number}".strip("."))
    else:
        yield {"field": path, "code": detail.code, "detail": str(detail)}


def response(
    status: int,
    code: str,
    *,
    reference: str,
    detail: str = "",
    retry_after: int | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    """Build a problem document; `retry_after` is in whole seconds."""
    body = {
        "type": problem_codes.TYPE + code,
        "title": problem_codes.title(status),
        "status": int(status),
        "detail": detail or DETAILS[code],
        "code": code,
        "reference": reference,
        **more,
    }
    answer = HttpResponse(json.dumps(body, ensure_ascii=False, default=str), CONTENT_TYPE, status)
    for name, value in {**PRIVATE, **(headers or {})}.items():
        answer[name] = value
    if retry_after is not None:
        answer["Retry-After"] = str(retry_after)
    return answer
