"""One-time codes at sign-in come from an app or a list of recovery codes; each is accepted once."""

from allauth.mfa.models import Authenticator

from identity.people.models import User
from portal.signin.customers import authenticator_apps, recovery_codes


def spend(*, user: User, code: str) -> Authenticator | None:
    """Return the authenticator that the code belongs to; the code is spent. Call it in a transaction.

    The person's row is locked: of two requests with one code, one succeeds.
    """
    recovery_code = recovery_codes.find(user=user.pk, code=code)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    by_type = {authenticator.type: authenticator for authenticator in Authenticator.objects.filter(user=user)}
    app, codes = (by_type.get(kind) for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES))
    if app is not None and authenticator_apps.spend(app=app, code=code):
        return app
    if codes is not None and recovery_code and recovery_codes.spend(row=codes, code=recovery_code):
        return codes
    return None
