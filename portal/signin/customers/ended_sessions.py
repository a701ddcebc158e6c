"""The sign-in page says why the last session of the browser ended.

A browser learns the reason by the secret of the ended session. The cookie of known browsers names the person. The first
response deletes the session's own cookie, so a signed cookie holds the reason until the next sign-in.
"""

import dataclasses
import datetime as dt

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from audit.foundation import clock
from delegation.activity import session_endings
from delegation.activity.session_endings import EndingReason, SessionEnding
from identity import machine_secrets
from portal.signin.customers import device_cookies
from portal.wording import session_endings as wording

_SALT, _SECONDS = "keyholder.ended", 600


def find(request: HttpRequest) -> SessionEnding | None:
    """Return why the session of this request's cookie has ended; None without one, and for an unknown browser."""
    secret = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not secret or request.user.is_authenticated:
        return None
    keys, at = machine_secrets.hash_candidates(secret), clock.now()
    for user in device_cookies.people(request):
        ending = session_endings.find(user=user, session_keys=keys, at=at)
        if ending is not None:
            return ending
    return None


def weak() -> SessionEnding:
    """Return the ending of a session that has proved too little."""
    return SessionEnding(EndingReason.WEAK, clock.now())


def by_person(*, everywhere: bool = False) -> SessionEnding:
    """Return the ending of this browser's session by its person, in this browser or everywhere."""
    return SessionEnding(EndingReason.EVERYWHERE if everywhere else EndingReason.SIGNED_OUT, clock.now())


def remember(response: HttpResponseBase, ending: SessionEnding | None) -> None:
    """Set the cookie with the reason, for the sign-in page."""
    if ending is None:
        return
    values = {**dataclasses.asdict(ending), "at": ending.at.isoformat()}
    response.set_cookie(
        settings.ENDED_COOKIE_NAME,
        signing.dumps(values, salt=_SALT, compress=True),
        max_age=_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """Delete the cookie once a person has signed in."""
    if settings.ENDED_COOKIE_NAME in request.COOKIES:
        response.delete_cookie(settings.ENDED_COOKIE_NAME, samesite="Lax")


def sentence(request: HttpRequest) -> str:
    """Return the reason in words; empty without one."""
    ending = _remembered(request) or find(request)
    return wording.sentence_for(ending) if ending else ""


def inactive_context(request: HttpRequest) -> dict[str, object]:
    """Return the context of the page that refuses a sign-in: which access has ended or is suspended, and when."""
    ending = _remembered(request)
    if ending is None:
        return {}
    return {
        "sentence": wording.sentence_for(ending),
        "suspended": ending.reason is EndingReason.PAUSED,
    }


def _remembered(request: HttpRequest) -> SessionEnding | None:
    try:
        values = signing.loads(
            request.COOKIES.get(settings.ENDED_COOKIE_NAME, ""), salt=_SALT, max_age=_SECONDS
        )
        at = dt.datetime.fromisoformat(values.pop("at"))
        return SessionEnding(reason=EndingReason(values.pop("reason")), at=at, **values)
    except (signing.BadSignature, KeyError, TypeError, ValueError):  # forged, or of another version
        return None
