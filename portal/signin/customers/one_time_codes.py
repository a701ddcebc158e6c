"""One-time codes at sign-in: each code is accepted once (RFC 6238 §5.2).

The use of an app's code is stored with the authenticator, not in the cache: any client can fill the cache, which then
drops entries.
"""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt

from identity.people.models import User

LAST_COUNTER = "used_until"
"""In an app's data: the time step of the last accepted code; neither it nor an older one is accepted."""


def spend(*, user: User, code: str) -> Authenticator | None:
    """Return the authenticator that the code belongs to; the code is spent. Call it in a transaction.

    The person's row is locked: of two requests with one code, one succeeds.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    by_type = {authenticator.type: authenticator for authenticator in Authenticator.objects.filter(user=user)}
    app, recovery = (
        by_type.get(kind) for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    )
    if app is not None and _spend_app_code(app, code):
        return app
    return recovery if recovery is not None and recovery.wrap().validate_code(code) else None


def _spend_app_code(app: Authenticator, code: str) -> bool:
    secret = decrypt(app.data["secret"])
    for counter in totp.yield_hotp_counters_from_time():
        expected = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if counter > app.data.get(LAST_COUNTER, 0) and compare_user_code(actual=code, expected=expected):
            Authenticator.objects.filter(pk=app.pk).update(data={**app.data, LAST_COUNTER: counter})
            return True
    return False
