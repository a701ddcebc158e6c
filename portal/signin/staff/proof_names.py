"""Pages name what a sign-in proved: values of `amr` (RFC 8176 §2) and of `acr` (OpenID Connect EAP ACR Values §2)."""

from collections.abc import Callable, Collection, Mapping

from django.utils.translation import gettext as _


def describe(values: Collection[str]) -> str:
    """Return the names of these values, separated by commas."""
    return ", ".join(map(_name, values))


def alternatives(values: Collection[str]) -> str:
    """Return the names of these values, of which one suffices."""
    return _(" or ").join(map(_name, values))


def _name(value: str) -> str:
    """Return the name of one value; the provider may use any other, which stands for itself."""
    name = _NAMES.get(value)
    return name() if name else _("“%(value)s”") % {"value": value}


_NAMES: Mapping[str, Callable[[], str]] = {
    "face": lambda: _("face recognition"),
    "fpt": lambda: _("fingerprint"),
    "hwk": lambda: _("hardware key"),
    "mfa": lambda: _("two factors"),
    "otp": lambda: _("one-time code"),
    "passkey": lambda: _("passkey"),
    "phr": lambda: _("phishing-resistant sign-in"),
    "phrh": lambda: _("phishing-resistant sign-in with a hardware key"),
    "pin": lambda: _("PIN"),
    "pwd": lambda: _("password"),
    "sc": lambda: _("smart card"),
    "sms": lambda: _("code by text message"),
    "swk": lambda: _("software key"),
    "tel": lambda: _("telephone call"),
}
