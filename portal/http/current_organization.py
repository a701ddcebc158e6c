"""The reader is in the organization of the address, else in the one last opened in this browser.

A cookie holds it as a keyed hash of person and organization: it gives no access, and another person in the same browser
learns nothing from it.
"""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from identity.memberships.queries import ActiveMembership

PARAMETER = "organization"
_SALT = "keyholder.organization"
COOKIE_SECONDS = 365 * 24 * 3600


def choose(request: HttpRequest, memberships: Sequence[ActiveMembership]) -> ActiveMembership | None:
    """Return the membership in the organization that the address or the cookie names; None while none is chosen.

    The only membership needs no choice. An address or a cookie that names no own organization counts for nothing.
    """
    if len(memberships) < 2:
        return next(iter(memberships), None)
    key = _named(request)
    by_address = [membership for membership in memberships if membership.organization.key == key]
    by_cookie = [membership for membership in memberships if _is_remembered(request, membership)]
    return next(iter(by_address or by_cookie), None)


def remember(
    request: HttpRequest, response: HttpResponseBase, memberships: Sequence[ActiveMembership]
) -> None:
    """Remember for a year the organization of the page that the reader opened.

    What htmx requests is not opened by the reader: a page in another tab asks again by itself.
    """
    if request.method != "GET" or "HX-Request" in request.headers or len(memberships) < 2:
        return
    membership = choose(request, memberships)
    if membership is None or _is_remembered(request, membership):
        return
    response.set_cookie(
        settings.ORGANIZATION_COOKIE_NAME,
        _value(membership),
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _named(request: HttpRequest) -> str:
    """Return the key in the path, else in the query of a page that belongs to no organization."""
    match = request.resolver_match
    in_path = match.kwargs.get(PARAMETER) if match else None
    return str(in_path or request.GET.get(PARAMETER, ""))


def _is_remembered(request: HttpRequest, membership: ActiveMembership) -> bool:
    return constant_time_compare(
        request.COOKIES.get(settings.ORGANIZATION_COOKIE_NAME, ""), _value(membership)
    )


def _value(membership: ActiveMembership) -> str:
    return salted_hmac(
        _SALT, f"{membership.user.pk} {membership.organization.id}", algorithm="sha256"
    ).hexdigest()
