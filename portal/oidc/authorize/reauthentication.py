"""Since when a request has been waiting for reauthentication, as a signed mark in its own address.

The mark is in the address and not in a session: before authentication, nothing is written.
"""

import datetime as dt
import hashlib

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing

from audit.foundation import clock

PARAMETER = "reauthentication"
LIFETIME = dt.timedelta(hours=1)
_SALT = "keyholder.oidc.reauthentication"
_SPENT = "keyholder.oidc.spent"
_MAX_SPENT = 8


def mark(path: str) -> str:
    """Return the mark of a request that starts waiting now."""
    return signing.Signer(salt=_SALT).sign(f"{_digest(path)}.{clock.now().timestamp()}")


def waiting_since(signed: str, path: str) -> dt.datetime | None:
    """Return when this request started to wait; None for a mark that is forged, too old, or of another request."""
    try:
        name, _, at = signing.Signer(salt=_SALT).unsign(signed).partition(".")
    except signing.BadSignature:
        return None
    started_at = dt.datetime.fromtimestamp(float(at), dt.UTC)
    return started_at if name == _digest(path) and clock.now() - started_at < LIFETIME else None


def is_spent(session: SessionBase, signed: str) -> bool:
    """Return whether this mark has led to a code already: each mark leads to one."""
    return _digest(signed) in session.get(_SPENT, [])


def spend(session: SessionBase, signed: str) -> None:
    """Record the mark in the person's session."""
    session[_SPENT] = [*session.get(_SPENT, []), _digest(signed)][-_MAX_SPENT:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
