"""Pages for what went wrong, and the page that keeps a form when the session is gone."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from audit import clock
from portal import requests, sentences

_KEPT = 200
"""Fields of a form that are kept, at most."""
_SECRET = ("password", "csrfmiddlewaretoken", "code", "credential", "secret")
_SESSION_GONE = 419


def page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """The page for this status. In answer to htmx it takes the place of everything, never of a panel."""
    moment = formats.date_format(clock.wall(), "DATETIME_FORMAT")
    known = {"reference": requests.number(request), "at": moment}
    response = render(request, f"{status}.html", {**known, **context}, status=status)
    return _whole(request, response)


def refused(request: HttpRequest, sentence: sentences.Sentence) -> HttpResponse:
    """The page for a refusal of the domain."""
    status = sentence.status if sentence.status in {403, 404, 503} else 400
    response = page(request, status, sentence=sentence.text, layout=_layout(request))
    response.status_code = sentence.status
    if sentence.retry_after is not None:
        response["Retry-After"] = str(sentence.retry_after)
    return response


def leading(request: HttpRequest, url: str) -> HttpResponse:
    """Lead to a sign-in page of ours, without losing a form that was being sent."""
    if request.method not in {"GET", "HEAD"}:
        return kept(request, sign_in_url=url)
    if asked_by_htmx(request):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def kept(request: HttpRequest, *, sign_in_url: str = "") -> HttpResponse:
    """Status 419: what was typed stands in a form that can be sent again. Secrets are not kept."""
    return page(
        request,
        _SESSION_GONE,
        fields=_typed(request),
        action_url=request.get_full_path(),
        button=_("Send it"),
        sign_in_url=sign_in_url,
    )


def _typed(request: HttpRequest) -> list[dict[str, str]]:
    pairs = [
        {"name": name, "value": str(value)}
        for name, values in request.POST.lists()
        for value in values
        if not any(word in name.lower() for word in _SECRET)
    ]
    return pairs[:_KEPT]


def came_from(request: HttpRequest) -> str:
    """The page to come back to: this one, or the one that htmx asked from."""
    if asked_by_htmx(request):
        current = urlsplit(request.headers.get("HX-Current-URL", ""))
        return f"{current.path or '/'}{'?' + current.query if current.query else ''}"
    return request.get_full_path() if request.method in {"GET", "HEAD"} else request.path


def asked_by_htmx(request: HttpRequest) -> bool:
    """Whether a part of a page is asked for."""
    return request.headers.get("HX-Request") == "true"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Status 400; a session that ended under the request leads to signing in."""
    if isinstance(exception, SessionInterrupted):
        return leading(request, f"{reverse('account_login')}?{urlencode({'next': request.path})}")
    return page(request, HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Status 403."""
    del exception
    return page(request, HTTPStatus.FORBIDDEN, layout=_layout(request))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Status 404; the same page for what is not there and for what is not the reader's."""
    del exception
    return page(request, HTTPStatus.NOT_FOUND, layout=_layout(request))


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Status 429."""
    del exception
    return page(request, HTTPStatus.TOO_MANY_REQUESTS)


def failed(request: HttpRequest) -> HttpResponse:
    """Status 500, without session, database or anything else that may be what failed."""
    context: Mapping[str, Any] = {
        "reference": requests.number(request) or secrets.token_hex(8),
        "shell": {"brand": {"name": settings.SUPPLIER_NAME, "phone": settings.SUPPLIER_SUPPORT}},
    }
    return _whole(request, HttpResponse(render_to_string("500.html", context), status=500))


@requires_csrf_token
def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the mark of this browser's session.

    Where the browser says that it came from a page of ours, that page was open across a sign-in: the form is kept.
    From anywhere else it is refused, and nothing of it is offered for sending.
    """
    del reason
    if request.headers.get("Origin") == settings.ISSUER:
        sign_in = "" if request.user.is_authenticated else reverse("account_login")
        return kept(request, sign_in_url=sign_in)
    return page(request, HTTPStatus.FORBIDDEN)


def _whole(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if asked_by_htmx(request):
        response["HX-Retarget"] = "body"
        response["HX-Reswap"] = "innerHTML"
    response["Cache-Control"] = "no-store"
    return response


def _layout(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return "base.html" if user is not None and user.is_authenticated else "base_signin.html"
