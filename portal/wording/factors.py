"""What people did to their ways to sign in, as the rest of a sentence that begins with their name."""

from django.utils.translation import gettext as _

from delegation.authorization.verbs import Observation


def said(verb: str, kind: str) -> str:
    """`connected an authenticator app`; in general for a kind nobody knows."""
    texts = {
        (Observation.FACTOR_ADDED, "totp"): _("connected an authenticator app"),
        (Observation.FACTOR_ADDED, "webauthn"): _("added a passkey"),
        (Observation.FACTOR_ADDED, "recovery_codes"): _("created recovery codes"),
        (Observation.FACTOR_REMOVED, "totp"): _("removed the authenticator app"),
        (Observation.FACTOR_REMOVED, "webauthn"): _("removed a passkey"),
        (Observation.FACTOR_REMOVED, "recovery_codes"): _("removed the recovery codes"),
        (Observation.FACTOR_RESET, "totp"): _("replaced the authenticator app"),
        (Observation.FACTOR_RESET, "webauthn"): _("replaced a passkey"),
        (Observation.FACTOR_RESET, "recovery_codes"): _("created new recovery codes"),
    }
    general = {
        Observation.FACTOR_ADDED: _("added a sign-in method"),
        Observation.FACTOR_REMOVED: _("removed a sign-in method"),
        Observation.FACTOR_RESET: _("replaced a sign-in method"),
    }
    return texts.get((Observation(verb), kind)) or general[Observation(verb)]
