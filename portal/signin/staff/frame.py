"""The frame of every page behind the staff sign-in: who is signed in, the navigation, and what all staff must see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from identity.staff import break_glass
from portal.http import request_context
from portal.signin.staff import break_glass_pages, middleware
from portal.signin.staff.break_glass_pages import Strip


@dataclass(frozen=True, slots=True)
class Entry:
    """Names a page of the navigation; `icon` is one of the sprite."""

    label: str
    icon: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """Holds what templates/base_staff.html shows around a page."""

    name: str
    email: str
    home_url: str
    sign_out_url: str
    nav: Sequence[Entry]
    strip: Strip | None


_NAVIGATION: Sequence[tuple[str, str, Callable[[], str]]] = (("staff_home", "inbox", lambda: _("Desk")),)
"""Route, icon and name of each entry, in order."""


def staff_context(request: HttpRequest) -> dict[str, Any]:
    """Return the context processor: evaluates `staff` only where a template reads it."""
    return {"staff": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> Frame:
    session = middleware.require_session(request).staff_session
    at = request_context.require_context(request).context.now
    route = request.resolver_match.url_name if request.resolver_match else ""
    return Frame(
        name=session.user.name,
        email=session.proof.email,
        home_url=reverse("staff_home"),
        sign_out_url=reverse("staff_sign_out"),
        nav=[Entry(label(), icon, reverse(name), name == route) for name, icon, label in _NAVIGATION],
        strip=break_glass_pages.strip(break_glass.current(at=at), session, at=at),
    )
