"""Where to go next: paths of our own, and nothing a browser could read as anything else."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from portal.http import input_cleaning

_NEXT = "keyholder.next"


def is_own(url: str) -> bool:
    """Whether this is a path on our own host."""
    if not url.startswith("/") or input_cleaning.forbidden(url):
        return False
    return url_has_allowed_host_and_scheme(url, allowed_hosts=None)


def come_back(request: HttpRequest, path: str) -> None:
    """Remember where to go once a second factor has been set up."""
    if is_own(path):
        request.session[_NEXT] = path


def coming_back(request: HttpRequest) -> str:
    """Where `come_back` said; the start page where nothing was said."""
    path = str(request.session.get(_NEXT, ""))
    return path if is_own(path) else "/"
