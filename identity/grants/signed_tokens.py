"""A code or token states its kind, its instant and its token family, signed with the key file `web`.

The database holds a keyed hash of the whole text. SQL alone makes no token, and moves none to another family or kind. A
row that is inserted again is of no use after the token's lifetime.
"""

import datetime as dt
import uuid
from typing import NamedTuple

from django.conf import settings
from django.core import signing

from audit.foundation import clock
from identity import machine_secrets

SKEW = dt.timedelta(hours=1)
"""How far the clocks of processes may differ. Rows stay longer (`retention`), and until then their own end counts."""
_SALT = "identity.grants"
_TICK = dt.timedelta(microseconds=1)
_START = dt.datetime.fromtimestamp(0, dt.UTC)


class SignedToken(NamedTuple):
    """Holds the hashes under which a token may be stored, and its family; a code has none yet."""

    hashes: list[str]
    family: uuid.UUID | None


UNKNOWN = SignedToken([], None)
"""A text that is not ours. It has no hash, so it matches no row."""


def generate(*, prefix: str, at: dt.datetime, family: uuid.UUID | None = None) -> str:
    """Generate `<prefix>_<secret>.<microseconds>.<family>.<signature>`, in the alphabet of RFC 6750 §2.1."""
    secret = machine_secrets.generate(prefix=prefix)
    return _signer().sign(f"{secret}.{(at - _START) // _TICK}.{family.hex if family else ''}")


def successors(token: str) -> list[str]:
    """Return the text that follows a verified token, the same for each use; one for each key file `web`, newest first.

    Only the key leads from a token to its successor. The instant stays that of the family's first token.
    """
    secret, instant, family = token.rpartition(".")[0].split(".")
    prefix = secret.partition("_")[0]
    return [
        signing.Signer(key=key, salt=_SALT, sep=".").sign(
            f"{prefix}_{_derived(token, key)}.{instant}.{family}"
        )
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]


def _derived(token: str, key: str | bytes) -> str:
    return signing.Signer(key=key, salt="identity.grants.successor").signature(token)


def verify(token: str, *, prefix: str, lifetime: dt.timedelta | None = None) -> SignedToken:
    """Return what a token of this kind states; UNKNOWN for another text, and for one older than `lifetime`.

    The clock is the process's: a text is accepted for SKEW longer.
    """
    try:
        secret, instant, family = _signer().unsign(token).split(".")
    except signing.BadSignature:
        return UNKNOWN
    age = clock.wall() - (_START + int(instant) * _TICK)
    if not secret.startswith(f"{prefix}_") or (lifetime is not None and age >= lifetime + SKEW):
        return UNKNOWN
    return SignedToken(machine_secrets.hash_candidates(token), uuid.UUID(family) if family else None)


def _signer() -> signing.Signer:
    return signing.Signer(salt=_SALT, sep=".")
