"""Redirects lead only to paths of our own host that no browser reads as another host."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from portal.http import control_characters

ANOTHER_PERSON = "another_person"
"""The parameter of the sign-in page that asks a signed-in person whether another one signs in."""
_NEXT = "keyholder.next"


def is_own(url: str) -> bool:
    """Return whether this is a path on our own host."""
    if not url.startswith("/") or control_characters.has_control_characters(url):
        return False
    return url_has_allowed_host_and_scheme(url, allowed_hosts=None)


def next_path(request: HttpRequest) -> str:
    """Return our own path to which a sign-in leads; empty without one."""
    path = request.POST.get("next", "") or request.GET.get("next", "")
    return path if is_own(path) else ""


def another_person_url(request: HttpRequest) -> str:
    """Return the page on which a signed-in person continues, or signs out so that another one signs in."""
    path = next_path(request)
    return f"{reverse('account_login')}?{urlencode({ANOTHER_PERSON: '1'} | ({'next': path} if path else {}))}"


def store_return_path(request: HttpRequest, path: str) -> None:
    """Store in the session where to go after a second factor has been set up."""
    if is_own(path):
        request.session[_NEXT] = path


def forget_return_path(request: HttpRequest) -> None:
    """Delete the path of `store_return_path`."""
    request.session.pop(_NEXT, None)


def has_return_path(request: HttpRequest) -> bool:
    """Return whether `store_return_path` has stored a path in this session."""
    return is_own(str(request.session.get(_NEXT, "")))


def stored_return_path(request: HttpRequest) -> str:
    """Return the path of `store_return_path`, else the start page."""
    path = str(request.session.get(_NEXT, ""))
    return path if is_own(path) else "/"
