"""The front itself gives short answers: JSON to programs, and to people a page that is rendered once, at the start."""

import json
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header

from audit.foundation import clock
from portal.front import kinds
from portal.front.bridge import Answer, Environ, Headers
from portal.front.kinds import EndpointKind
from portal.http import error_responses, problem_codes
from portal.wording import brands, time_zones

_REFERENCE, _AT = "@@REFERENCE@@", "@@AT@@"
_OAUTH = {
    HTTPStatus.SERVICE_UNAVAILABLE: "temporarily_unavailable",
    HTTPStatus.INTERNAL_SERVER_ERROR: "server_error",
}
_DESCRIPTIONS = {
    HTTPStatus.BAD_REQUEST: "The request is malformed.",
    HTTPStatus.NOT_FOUND: "Nothing is served here.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This endpoint answers GET and HEAD.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "This endpoint does not read this content type.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too many requests at once.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The request failed.",
}
_DETAILS = {HTTPStatus.INTERNAL_SERVER_ERROR: problem_codes.MAY_HAVE_BEEN_DONE}
_SENTENCES = {
    HTTPStatus.REQUEST_TIMEOUT: _(
        "It arrived too slowly. Nothing was changed. Check your connection and try again."
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _(
        "It is too large. Nothing was changed. Shorten your text and try again."
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _("This page does not take files. Nothing was changed."),
    HTTPStatus.SERVICE_UNAVAILABLE: _("Too many requests arrived at once. Nothing was changed."),
}
_TEMPLATES = {HTTPStatus.SERVICE_UNAVAILABLE: "503.html", HTTPStatus.INTERNAL_SERVER_ERROR: "500.html"}
_RETRY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE)
# The page has our own style sheet, fonts and mark, no script and no form.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


class RequestRefused(Exception):
    """Ends a request in the front. `keep_alive` where the whole request has been read."""

    def __init__(self, status: HTTPStatus, *, keep_alive: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.keep_alive = keep_alive


def answer(refusal: RequestRefused, kind: EndpointKind, environ: Environ, reference: str) -> Answer:
    """Return the answer in the form of the channel; it names the request's reference."""
    status = refusal.status
    if kind is kinds.API:
        return Answer(
            status, _headers(refusal, b"application/problem+json", reference), _problem(status, reference)
        )
    if kind.machine:
        error = {
            "error": _OAUTH.get(status, "invalid_request"),
            "error_description": f"{_DESCRIPTIONS[status]} Reference {reference}",
        }
        return Answer(status, _headers(refusal, b"application/json", reference), json.dumps(error).encode())
    language = _language(environ)
    page = _page(status, language).replace(_REFERENCE, reference).replace(_AT, _now(language))
    return Answer(status, _headers(refusal, b"text/html; charset=utf-8", reference), page.encode())


def _problem(status: HTTPStatus, reference: str) -> bytes:
    """Return a problem document (RFC 9457), as `portal.api.problems` builds it."""
    code = problem_codes.BY_STATUS[status]
    problem = {
        "type": problem_codes.TYPE + code,
        "title": problem_codes.title(status),
        "status": int(status),
        "detail": _DETAILS.get(status, _DESCRIPTIONS[status]),
        "code": code,
        "reference": reference,
    }
    return json.dumps(problem).encode()


def prepare() -> None:
    """Render the pages and load the formats of dates, so that no refusal waits for them."""
    for language, __ in settings.LANGUAGES:
        _now(language)
        for status in _DESCRIPTIONS:
            _page(status, language)


@cache
def _page(status: HTTPStatus, language: str) -> str:
    context = {
        "reference": _REFERENCE,
        "at": _AT,
        "without_call": status not in error_responses.FAULTS,
        "sentence": _SENTENCES.get(status, ""),
        "shell": {"brand": brands.brand()},
    }
    with translation.override(language):
        return render_to_string(_TEMPLATES.get(status, "400.html"), context)


def _now(language: str) -> str:
    with translation.override(language):
        return time_zones.date_time(clock.wall(), None)


def _language(environ: Environ) -> str:
    known = dict(settings.LANGUAGES)
    accepted = environ.get("HTTP_ACCEPT_LANGUAGE", "")[:200]
    wanted = (code.partition("-")[0] for code, __ in parse_accept_lang_header(accepted))
    return next((code for code in wanted if code in known), settings.LANGUAGE_CODE)


def _headers(refusal: RequestRefused, content_type: bytes, reference: str) -> Headers:
    headers = [
        (b"content-type", content_type),
        (b"cache-control", b"no-store"),
        (b"content-security-policy", _POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"x-request-id", reference.encode()),
    ]
    if not refusal.keep_alive:
        headers.append((b"connection", b"close"))
    if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"GET, HEAD"))
    if refusal.status in _RETRY:
        headers.append((b"retry-after", b"1"))
    return headers + transport_security()


def transport_security() -> Headers:
    """Return the header by which browsers use HTTPS alone (RFC 6797), where the portal does."""
    if not settings.SECURE_HSTS_SECONDS:
        return []
    value = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
    return [(b"strict-transport-security", value.encode())]
