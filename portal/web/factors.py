"""What people did to their ways to sign in, as the rest of a sentence that begins with their name."""

from django.utils.translation import gettext as _

from delegation.verbs import Noted


def said(verb: str, kind: str) -> str:
    """`connected an authenticator app`; in general for a kind nobody knows."""
    texts = {
        (Noted.FACTOR_ADDED, "totp"): _("connected an authenticator app"),
        (Noted.FACTOR_ADDED, "webauthn"): _("added a passkey"),
        (Noted.FACTOR_ADDED, "recovery_codes"): _("got recovery codes"),
        (Noted.FACTOR_REMOVED, "totp"): _("removed the authenticator app"),
        (Noted.FACTOR_REMOVED, "webauthn"): _("removed a passkey"),
        (Noted.FACTOR_REMOVED, "recovery_codes"): _("removed the recovery codes"),
        (Noted.FACTOR_RESET, "totp"): _("connected another authenticator app"),
        (Noted.FACTOR_RESET, "webauthn"): _("replaced a passkey"),
        (Noted.FACTOR_RESET, "recovery_codes"): _("got new recovery codes"),
    }
    general = {
        Noted.FACTOR_ADDED: _("added a way to sign in"),
        Noted.FACTOR_REMOVED: _("removed a way to sign in"),
        Noted.FACTOR_RESET: _("set up the ways to sign in anew"),
    }
    return texts.get((Noted(verb), kind)) or general[Noted(verb)]
