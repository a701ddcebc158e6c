"""Browsers send the cookies of staff sign-in to addresses below /staff/ alone.

The cookie of a sign-in under way binds the provider's response to this browser. Its content is signed, and no secret to
the person in front of the browser.
"""

import datetime as dt
import hmac
import secrets
import uuid
from dataclasses import asdict, dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from mozilla_django_oidc.utils import generate_code_challenge

from portal.signin.staff.errors import RefusalCode, SignInRefused

PATH = "/staff/"
_SALT = "portal.signin.staff.pending"
_USER_SALT = "portal.signin.staff.user"
_LONGEST = dt.timedelta(minutes=10)
"""From leaving for the provider to coming back."""


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """Holds what this browser took along to the provider (RFC 6749 §10.12, OpenID Connect Core §3.1.2.1, RFC 7636)."""

    state: str
    nonce: str
    code_verifier: str
    began_at: float

    @property
    def code_challenge(self) -> str:
        """Return the S256 challenge of the verifier."""
        return str(generate_code_challenge(self.code_verifier, "S256"))


def is_staff_path(path: str) -> bool:
    """Return whether this is an address of staff pages."""
    return path == PATH.rstrip("/") or path.startswith(PATH)


def begin(*, at: dt.datetime) -> PendingSignIn:
    """Return a new sign-in with 256 random bits for each purpose."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return PendingSignIn(state=state, nonce=nonce, code_verifier=verifier, began_at=at.timestamp())


def remember_pending(response: HttpResponseBase, pending: PendingSignIn) -> None:
    """Set the cookie of a sign-in under way; a later one in this browser replaces it."""
    value = signing.dumps(asdict(pending), salt=_SALT)
    _set(response, settings.STAFF_PENDING_COOKIE_NAME, value, int(_LONGEST.total_seconds()))


def pending_of(request: HttpRequest, *, state: str, at: dt.datetime) -> PendingSignIn:
    """Return the sign-in that this response belongs to. Raises SignInRefused."""
    try:
        value = signing.loads(request.COOKIES.get(settings.STAFF_PENDING_COOKIE_NAME, ""), salt=_SALT)
    except signing.BadSignature as error:
        raise SignInRefused(RefusalCode.STATE, "no sign-in began in this browser") from error
    pending = PendingSignIn(**value)
    if not hmac.compare_digest(pending.state.encode(), state.encode()):
        raise SignInRefused(RefusalCode.STATE, "another state")
    if at.timestamp() - pending.began_at > _LONGEST.total_seconds():
        raise SignInRefused(RefusalCode.STATE, "too old")
    return pending


def forget_pending(response: HttpResponseBase) -> None:
    """Delete the cookie: its sign-in has ended, however it ended."""
    response.delete_cookie(settings.STAFF_PENDING_COOKIE_NAME, path=PATH, samesite="Lax")


def secret_of(request: HttpRequest) -> str:
    """Return the secret of the staff session, empty without one."""
    return request.COOKIES.get(settings.STAFF_COOKIE_NAME, "")


def remember_session(response: HttpResponseBase, secret: str, *, user: uuid.UUID) -> None:
    """Set the cookie of the session, and the one of its user; they end with the browser, and the row before that."""
    _set(response, settings.STAFF_COOKIE_NAME, secret, None)
    _set(response, settings.STAFF_USER_COOKIE_NAME, signing.dumps(str(user), salt=_USER_SALT), None)


def user_of(request: HttpRequest) -> uuid.UUID | None:
    """Return the user whose session this browser had last: it finds the reason of an end, and opens nothing."""
    try:
        return uuid.UUID(
            signing.loads(request.COOKIES.get(settings.STAFF_USER_COOKIE_NAME, ""), salt=_USER_SALT)
        )
    except (signing.BadSignature, ValueError):
        return None


def forget_session(response: HttpResponseBase) -> None:
    """Delete the cookies of the session."""
    for name in (settings.STAFF_COOKIE_NAME, settings.STAFF_USER_COOKIE_NAME):
        response.delete_cookie(name, path=PATH, samesite="Lax")


def _set(response: HttpResponseBase, name: str, value: str, max_age: int | None) -> None:
    # Lax and not Strict: the response of the provider comes from another site.
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
