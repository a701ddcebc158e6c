"""Django calls these error handlers (`handler400` and the others) and the CSRF failure view."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.csrf import requires_csrf_token

from audit.foundation import clock
from portal.http import error_responses, request_context, safe_redirects
from portal.wording import brands, time_zones


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show status 400; a session that ended during the request leads to the sign-in page."""
    if isinstance(exception, SessionInterrupted):
        return error_responses.redirect_to_sign_in(
            request, f"{reverse('account_login')}?{urlencode({'next': request.path})}"
        )
    return error_responses.page(request, HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer with status 403."""
    del exception
    return error_responses.page(request, HTTPStatus.FORBIDDEN, layout=error_responses.layout(request))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer with status 404; the same page for a missing address and for one the reader may not see."""
    del exception
    return error_responses.page(request, HTTPStatus.NOT_FOUND, layout=error_responses.layout(request))


def too_many(
    request: HttpRequest, exception: Exception | None = None, *, seconds: int | None = None
) -> HttpResponse:
    """Answer with status 429, with the seconds to wait."""
    del exception
    response = error_responses.page(request, HTTPStatus.TOO_MANY_REQUESTS, seconds=seconds)
    if seconds is not None:
        response["Retry-After"] = str(seconds)
    return response


def failed(request: HttpRequest) -> HttpResponse:
    """Show status 500; read neither session nor database, because either may be the cause."""
    context: Mapping[str, Any] = {
        "reference": request_context.request_id(request),
        "at": time_zones.date_time(clock.wall(), None),
        "shell": {"brand": brands.brand()},
    }
    return error_responses.replace_whole_page(
        request, HttpResponse(render_to_string("500.html", context), status=500)
    )


@requires_csrf_token
def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form without this session's CSRF token.

    With our own Origin, the page was open during a sign-in: the form is offered for sending again. A sign-in form asks
    whether another person signs in.
    From any other origin it is refused, and nothing of it is offered for sending.
    """
    del reason
    if request.headers.get("Origin") == settings.ISSUER:
        match = request.resolver_match
        if request.user.is_authenticated and match and match.url_name == "account_login":
            return HttpResponseRedirect(safe_redirects.another_person_url(request))
        sign_in = "" if request.user.is_authenticated else reverse("account_login")
        return error_responses.keep_form(request, sign_in_url=sign_in)
    return error_responses.page(request, HTTPStatus.FORBIDDEN)
