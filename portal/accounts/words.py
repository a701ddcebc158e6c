"""What is told about changes of the way somebody signs in."""

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy

from delegation.verbs import Noted

OF_PASSWORD = frozenset({Noted.PASSWORD_CHANGED, Noted.PASSWORD_RESET})
_TOTP, _KEY, _CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES

HAPPENED = {
    (Noted.PASSWORD_CHANGED, ""): gettext_lazy("Your password was changed."),
    (Noted.PASSWORD_RESET, ""): gettext_lazy("A new password was set by a link from your mail."),
    (Noted.FACTOR_ADDED, _TOTP): gettext_lazy("An authenticator app was connected."),
    (Noted.FACTOR_ADDED, _KEY): gettext_lazy("A passkey was added."),
    (Noted.FACTOR_ADDED, _CODES): gettext_lazy("Recovery codes were made."),
    (Noted.FACTOR_REMOVED, _TOTP): gettext_lazy("The authenticator app was removed."),
    (Noted.FACTOR_REMOVED, _KEY): gettext_lazy("A passkey was removed."),
    (Noted.FACTOR_REMOVED, _CODES): gettext_lazy("The recovery codes were removed."),
    (Noted.FACTOR_RESET, _CODES): gettext_lazy("New recovery codes were made. The old ones no longer work."),
    (Noted.FACTOR_RESET, _TOTP): gettext_lazy(
        "Another authenticator app was connected in place of the old one."
    ),
    (Noted.FACTOR_RESET, _KEY): gettext_lazy("A passkey was added in place of another."),
}
"""By verb and type of factor."""
