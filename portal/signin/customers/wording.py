"""Sentences about changes to a person's sign-in."""

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy

from delegation.authorization.verbs import Observation

PASSWORD_VERBS = frozenset({Observation.PASSWORD_CHANGED, Observation.PASSWORD_RESET})
_TOTP, _KEY, _CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES

SENTENCES = {
    (Observation.PASSWORD_CHANGED, ""): gettext_lazy("Your password was changed."),
    (Observation.PASSWORD_RESET, ""): gettext_lazy("Your password was reset with a link from your e-mail."),
    (Observation.FACTOR_ADDED, _TOTP): gettext_lazy("An authenticator app was connected."),
    (Observation.FACTOR_ADDED, _KEY): gettext_lazy("A passkey was added."),
    (Observation.FACTOR_ADDED, _CODES): gettext_lazy("Recovery codes were created."),
    (Observation.FACTOR_REMOVED, _TOTP): gettext_lazy("The authenticator app was removed."),
    (Observation.FACTOR_REMOVED, _KEY): gettext_lazy("A passkey was removed."),
    (Observation.FACTOR_REMOVED, _CODES): gettext_lazy("The recovery codes were removed."),
    (Observation.FACTOR_RESET, _CODES): gettext_lazy(
        "New recovery codes were created. The old codes no longer work."
    ),
    (Observation.FACTOR_RESET, _TOTP): gettext_lazy("The authenticator app was replaced."),
    (Observation.FACTOR_RESET, _KEY): gettext_lazy("A passkey was replaced."),
}
"""By verb and type of factor."""
