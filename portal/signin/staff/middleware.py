"""Addresses below /staff/ know staff sessions and no others; every other address knows none of these."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from audit.foundation import clock
from identity.staff import break_glass, sessions
from identity.staff.sessions import OpenSession
from portal.http import request_context, request_data
from portal.http.request_context import Request
from portal.signin.staff import configuration, cookies, ending_reasons

URL_MAP = "portal.staff_urls"
_ATTRIBUTE = "staff_session"

View = Callable[..., HttpResponseBase]


class StaffRequest(Request):
    """Types a request that passed `StaffPages` to a page that requires a session; it is never instantiated."""

    staff_session: OpenSession


class StaffPages:
    """Gives addresses below /staff/ a URL map and a session of their own, once staff sign-in is configured.

    Until then these addresses do not exist: the ordinary URL map has none of them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Run outside the session middleware: the customers' session is not looked up for a staff page."""
        if cookies.is_staff_path(request.path_info) and _exists():
            request.urlconf = URL_MAP  # type: ignore[attr-defined] # read by Django
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        """Return None where the view may run: it is public, or the request has a staff session."""
        del args, kwargs
        if getattr(request, "urlconf", None) != URL_MAP:
            return None
        if getattr(view, "staff_provider", False) and not configuration.current().is_complete:
            raise Http404
        if getattr(view, "staff_public", False):
            return None
        secret = cookies.secret_of(request)
        session = sessions.load(secret=secret, is_polled=request_data.is_polled(request)) if secret else None
        if session is None:
            return _to_sign_in(request, had_session=bool(secret))
        request_context.require_context(request).context.start_at(session.read_at)
        setattr(request, _ATTRIBUTE, session)
        return None


def _to_sign_in(request: HttpRequest, *, had_session: bool) -> HttpResponse:
    ending = ending_reasons.find(request) if had_session else None
    query = f"?{urlencode({ending_reasons.PARAMETER: ending.value})}" if ending else ""
    response = HttpResponseRedirect(f"{reverse('staff_sign_in')}{query}")
    if had_session:
        cookies.forget_session(response)
    return response


def _exists() -> bool:
    """Return whether there are staff pages: by the operator's configuration, or while a break-glass sign-in is open."""
    return configuration.current().is_complete or break_glass.current(at=clock.now()) is not None


def public(view: View) -> View:
    """Let a view of staff sign-in run without a staff session."""
    view.staff_public = True  # type: ignore[attr-defined] # as Django's login_not_required marks views
    return view


def by_provider(view: View) -> View:
    """Make a public view of the sign-in by the provider, which does not exist without the operator's configuration."""
    view.staff_provider = True  # type: ignore[attr-defined] # as `staff_public`
    return public(view)


def require_session(request: HttpRequest) -> StaffRequest:
    """Return the request with its staff session. Raises TypeError for one that did not pass the middleware."""
    if not isinstance(getattr(request, _ATTRIBUTE, None), OpenSession):
        raise TypeError(request)
    return cast("StaffRequest", request)
