"""A signed mark in a request's own address states since when it has been waiting for reauthentication.

The mark is in the address and not in a session: before authentication, nothing is written. It serves the browser
session that it was made for. For a person who is not signed in, that is the session which their browser opens next: a
cookie names the browser, and the session remembers it.
"""

import datetime as dt
import hashlib

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.http import HttpRequest

from audit.foundation import clock
from identity.sessions.store import SessionStore
from portal.oidc.authorize.request import AuthorizationRequest
from portal.operations import one_time
from portal.signin import waiting_browser

PARAMETER = "reauthentication"
LIFETIME = dt.timedelta(hours=1)
_SALT = "keyholder.oidc.reauthentication"
_SPENT_AT = "keyholder.oidc.spent"


def mark(request: HttpRequest, authorization: AuthorizationRequest, *, opens_session: bool) -> str:
    """Return the mark of a request that starts waiting now, in this session or in the next one of this browser."""
    browser = waiting_browser.name(request) if opens_session else session_of(request)
    digest = _digest(authorization, browser)
    return signing.Signer(salt=_SALT).sign(f"{digest}.{clock.now().timestamp()}")


def waiting_since(
    request: HttpRequest, authorization: AuthorizationRequest, signed: str
) -> dt.datetime | None:
    """Return when this request started to wait in this session.

    None for a mark that is forged, too old, spent, of another request or of another session.
    """
    try:
        digest, _, at = signing.Signer(salt=_SALT).unsign(signed).partition(".")
    except signing.BadSignature:
        return None
    started_at = dt.datetime.fromtimestamp(float(at), dt.UTC)
    browsers = (session_of(request), waiting_browser.of_session(request.session))
    if digest not in [_digest(authorization, browser) for browser in browsers if browser]:
        return None
    is_spent = started_at.timestamp() <= request.session.get(_SPENT_AT, 0)
    return started_at if clock.now() - started_at < LIFETIME and not is_spent else None


def claim(signed: str) -> bool:
    """Take this mark for one response; False where another request has taken it, also at the same moment."""
    return one_time.use("reauthentication", signed, seconds=LIFETIME.total_seconds())


def spend(session: SessionBase, since: dt.datetime) -> None:
    """Make this mark, and every older one, lead to no further code: one instant holds for all of them."""
    session[_SPENT_AT] = max(since.timestamp(), session.get(_SPENT_AT, 0))


def session_of(request: HttpRequest) -> str:
    session = request.session
    return session.stored_key() if request.user.is_authenticated and isinstance(session, SessionStore) else ""


def _digest(authorization: AuthorizationRequest, browser: str) -> str:
    """Name request and browser. The choice of an organization and consent do not change the name."""
    target = authorization.target
    parts = [
        target.client.id,
        target.redirect_uri,
        target.state,
        authorization.nonce,
        authorization.challenge,
    ]
    return hashlib.sha256("\0".join([browser, *parts]).encode()).hexdigest()[:24]
