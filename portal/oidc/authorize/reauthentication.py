"""Since when a request has been asking for a fresh proof, said by a signed mark in its own address.

Kept there and not in a session: whoever has proved nothing yet makes us write nothing.
"""

import datetime as dt
import hashlib

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing

from audit.foundation import clock

PARAMETER = "asked"
LIFETIME = dt.timedelta(hours=1)
_SALT = "keyholder.oidc.asked"
_SPENT = "keyholder.oidc.spent"
_MOST_SPENT = 8


def mark(path: str) -> str:
    """From now on this request waits for a proof."""
    return signing.Signer(salt=_SALT).sign(f"{_name(path)}.{clock.wall().timestamp()}")


def since(given: str, path: str) -> dt.datetime | None:
    """Since when it waits; None for a mark that is not ours, not of this very request, or too old."""
    try:
        name, _, at = signing.Signer(salt=_SALT).unsign(given).partition(".")
    except signing.BadSignature:
        return None
    asked_at = dt.datetime.fromtimestamp(float(at), dt.UTC)
    return asked_at if name == _name(path) and clock.wall() - asked_at < LIFETIME else None


def is_spent(session: SessionBase, given: str) -> bool:
    """Whether a proof has served this mark already: it serves one answer."""
    return _name(given) in session.get(_SPENT, [])


def spend(session: SessionBase, given: str) -> None:
    """Remember it with the person's session."""
    session[_SPENT] = [*session.get(_SPENT, []), _name(given)][-_MOST_SPENT:]


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
