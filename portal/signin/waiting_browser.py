"""Names the browser that waits for a sign-in, so that only the session opened in it gets the waiting answer.

The cookie holds a random name and gives no access. The session remembers the name with which it was opened: a thief
with the session's cookie cannot give the session another name afterwards.
"""

import re
import secrets

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase

_SECONDS = 3600
_NAME = re.compile(r"[0-9a-f]{32}")
_SESSION_FIELD = "keyholder.waiting_browser"
_ATTRIBUTE = "waiting_browser"


def name(request: HttpRequest) -> str:
    """Return the name of this browser; a new one, for the whole request, where its cookie has none."""
    sent = request.COOKIES.get(settings.WAITING_BROWSER_COOKIE_NAME, "")
    known = getattr(request, _ATTRIBUTE, "") or (sent if _NAME.fullmatch(sent) else secrets.token_hex(16))
    setattr(request, _ATTRIBUTE, known)
    return str(known)


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the cookie with the name that this request has used, if it has."""
    if known := getattr(request, _ATTRIBUTE, ""):
        response.set_cookie(
            settings.WAITING_BROWSER_COOKIE_NAME,
            known,
            max_age=_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def signed_in(request: HttpRequest) -> None:
    """Give the session that is opened the name of its browser."""
    if settings.WAITING_BROWSER_COOKIE_NAME in request.COOKIES:
        request.session[_SESSION_FIELD] = name(request)


def of_session(session: SessionBase) -> str:
    """Return the name of the browser that opened this session, empty where none waited."""
    return str(session.get(_SESSION_FIELD, ""))
