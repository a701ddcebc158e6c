"""Codes typed at a sign-in: each is good once.

That an app's code was used is kept with the authenticator, not in the cache: the cache may be filled up by anybody, and
forgets then.
"""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt

from identity.people.models import User

USED = "used_until"
"""In an app's data: the number of the half minute whose code was used last. Neither it nor an older one is taken."""


def proving(*, user: User, code: str) -> Authenticator | None:
    """The app or the recovery codes that this code is of; it is spent then. Belongs into a transaction.

    The person's row is held: of two requests with one code, one comes first.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    known = {one.type: one for one in Authenticator.objects.filter(user=user)}
    app, recovery = (known.get(kind) for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES))
    if app is not None and _spent(app, code):
        return app
    return recovery if recovery is not None and recovery.wrap().validate_code(code) else None


def _spent(app: Authenticator, code: str) -> bool:
    secret = decrypt(app.data["secret"])
    for moment in totp.yield_hotp_counters_from_time():
        shown = totp.format_hotp_value(totp.hotp_value(secret, moment))
        if moment > app.data.get(USED, 0) and compare_user_code(actual=code, expected=shown):
            Authenticator.objects.filter(pk=app.pk).update(data={**app.data, USED: moment})
            return True
    return False
