"""Codes of authenticator apps (RFC 6238) are accepted once per time step, and their secret is bound to its person.

The last used step is stored with the factor, not in the cache: any client can fill the cache, which then drops entries.
"""

import base64
import datetime as dt
import hmac
import secrets
import uuid

from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from audit.foundation import clock, encryption
from identity.people.models import User
from portal.signin.customers import code_input

PERIOD = 30
"""Seconds of a time step."""
_DIGITS, _SECRET_BYTES = 6, 20
_WINDOW = 1
"""Steps before and after the present one that are accepted: slow typing, and a telephone whose clock is wrong."""
LAST_STEP = "last_step"
"""In a factor's data: the time step of the last accepted code; neither it nor an older one is accepted."""
_PENDING = "keyholder.app"


def generate() -> str:
    """Generate a secret in base32."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def code_at_step(*, secret: str, step: int, digits: int = _DIGITS) -> str:
    """Return the code of a time step for a secret in base32 (RFC 4226 §5.3, RFC 6238 §4)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def accepted_step(*, secret: str, code: str, at: dt.datetime, after: int = 0) -> int | None:
    """Return the time step whose code this is, the one at `at` or a neighbour; None for none later than `after`."""
    typed, present = code_input.normalized(code).encode(), int(at.timestamp()) // PERIOD
    for step in range(max(present - _WINDOW, after + 1), present + _WINDOW + 1):
        if hmac.compare_digest(typed, code_at_step(secret=secret, step=step).encode()):
            return step
    return None


def encrypt(*, secret: str, user: uuid.UUID) -> str:
    """Encrypt a secret so that it decrypts for this person only."""
    data = encryption.encrypt_secret(data=secret.encode(), context=_context(user))
    return base64.urlsafe_b64encode(data).decode()


def decrypt(*, encrypted: str, user: uuid.UUID) -> str:
    """Decrypt a secret, or return a random one that no code matches: for a lost key, or another person's row."""
    try:
        data = base64.urlsafe_b64decode(encrypted)
        return encryption.decrypt_secret(data=data, context=_context(user)).decode()
    except (encryption.DecryptionFailed, ValueError):
        return generate()


def spend(*, app: Authenticator, code: str) -> bool:
    """Accept a code and use up its time step. The caller holds the lock of the person's row."""
    secret = decrypt(encrypted=app.data["secret"], user=app.user_id)
    step = accepted_step(secret=secret, code=code, at=clock.wall(), after=app.data.get(LAST_STEP, 0))
    if step is None:
        return False
    Authenticator.objects.filter(pk=app.pk).update(data={**app.data, LAST_STEP: step})
    return True


def connect(*, user: User, secret: str, step: int) -> Authenticator:
    """Store a new app, whose first code proved that it works and is used up."""
    data = {"secret": encrypt(secret=secret, user=user.pk), LAST_STEP: step}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=data)


def pending_secret(request: HttpRequest, user: User, *, renew: bool) -> str:
    """Return the secret that the page shows until its first code arrives; stored encrypted in the session."""
    stored = "" if renew else str(request.session.get(_PENDING, ""))
    if stored:
        return decrypt(encrypted=stored, user=user.pk)
    secret = generate()
    request.session[_PENDING] = encrypt(secret=secret, user=user.pk)
    return secret


def forget_pending(request: HttpRequest) -> None:
    """Remove the secret of `pending_secret` from the session."""
    request.session.pop(_PENDING, None)


def _context(user: uuid.UUID) -> bytes:
    return b"second factor " + user.bytes
