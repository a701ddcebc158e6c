"""Answers in place of a page: why not, and a way on. A form that was being sent is kept."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from audit.foundation import clock
from portal.http import request_context
from portal.wording import refusals, time_zones

_KEPT = 200
"""Fields of a form that are kept, at most."""
_SECRET = ("password", "csrfmiddlewaretoken", "code", "credential", "secret")
_SESSION_GONE = 419


def page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """The page for this status. In answer to htmx it takes the place of everything, never of a panel."""
    zone = request.zone if isinstance(request, request_context.Request) else None
    known = {"reference": request_context.request_id(request), "at": time_zones.moment(clock.wall(), zone)}
    response = render(request, f"{status}.html", {**known, **context}, status=status)
    return replace_whole_page(request, response)


def refused(
    request: HttpRequest, sentence: refusals.Sentence, *, way: tuple[str, str] = ("", "")
) -> HttpResponse:
    """The page for a refusal of the domain; `way` is address and label of what leads on.

    What is not the reader's to do is no fault: no number to call about.
    """
    status = sentence.status if sentence.status in {403, 404, 503} else 400
    known = {"reference": ""} if status == HTTPStatus.FORBIDDEN else {}
    known |= {"back_url": way[0], "back_label": way[1]}
    response = page(request, status, sentence=sentence.text, layout=layout(request), **known)
    response.status_code = sentence.status
    if sentence.retry_after is not None:
        response["Retry-After"] = str(sentence.retry_after)
    return response


def redirect_to_sign_in(request: HttpRequest, url: str) -> HttpResponse:
    """Lead to a sign-in page of ours, without losing a form that was being sent."""
    if request.method not in {"GET", "HEAD"}:
        return keep_form(request, sign_in_url=url)
    if asked_by_htmx(request):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def keep_form(request: HttpRequest, *, sign_in_url: str = "") -> HttpResponse:
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


def replace_whole_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """In answer to htmx it takes the place of everything, never of a panel."""
    if asked_by_htmx(request):
        response["HX-Retarget"] = "body"
        response["HX-Reswap"] = "innerHTML"
    response["Cache-Control"] = "no-store"
    return response


def layout(request: HttpRequest) -> str:
    """The template around it: inside, or at the door."""
    user = getattr(request, "user", None)
    return "base.html" if user is not None and user.is_authenticated else "base_public.html"
