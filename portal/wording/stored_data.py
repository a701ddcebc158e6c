"""What is stored about a person is worded for the person."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.authorization.event_types import Observation
from delegation.authorization.verbs import Topic, Verb

METHODS: Mapping[str, Callable[[], str]] = {
    "totp": lambda: _("Authenticator app"),
    "webauthn": lambda: _("Passkey"),
    "recovery_codes": lambda: _("Recovery codes"),
    "password": lambda: _("Password"),
}
"""By kind."""
_MAILS: Mapping[str, Callable[[], str]] = {
    "password_reset": lambda: _("New password"),
    "security_changed": lambda: _("Changed sign-in"),
    "sign_in_blocked": lambda: _("Blocked sign-in"),
    "invitation": lambda: _("Invitation"),
}
_TOPICS: Mapping[Topic, Callable[[], str]] = {
    Topic.INVITATIONS: lambda: _("Invitations"),
    Topic.ACCESS: lambda: _("Access"),
    Topic.REMOVALS: lambda: _("Removals"),
    Topic.SIGN_IN: lambda: _("Sign-in"),
    Topic.SYSTEMS: lambda: _("System updates"),
    Topic.MAILS: lambda: _("Mail"),
    Topic.STAFF: lambda: _("Viewed by %(supplier)s") % {"supplier": settings.SUPPLIER_NAME},
}


def mail(purpose: str) -> str:
    """Return what a mail was about; a general word for a purpose without one."""
    return _MAILS.get(purpose, lambda: _("Other notice"))()


def question(*, about_you: bool) -> str:
    """Return which question about an admin was asked."""
    return (
        _("Question whether you are still an admin")
        if about_you
        else _("You asked whether an admin is still there")
    )


def topic(event_type: str) -> str:
    """Return the topic of an event; a general word for one under no filter."""
    known = [*Verb, *Observation]
    found = next((one.topic for one in known if one.value == event_type), Topic.OTHER)
    return _TOPICS.get(found, lambda: _("Other"))()
