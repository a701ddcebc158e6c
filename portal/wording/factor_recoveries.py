"""Staff choose and read how a person was recognized, and what became of a request to replace a lost factor."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording.event_names import EventNames

RECOGNITIONS: Mapping[str, Callable[[], str]] = {
    "called_back": lambda: _("Called back on the phone number in the directory"),
    "admin": lambda: _("An admin of the customer confirmed it"),
    "contact": lambda: _("The customer’s contact confirmed it"),
    "document": lambda: _("Showed an identity document"),
    "in_person": lambda: _("Is known in person"),
}
"""By code."""
STATES: Mapping[str, Callable[[], str]] = {
    "open": lambda: _("Waits for a second person"),
    "agreed": lambda: _("Agreed"),
    "refused": lambda: _("Refused"),
    "withdrawn": lambda: _("Withdrawn"),
    "used": lambda: _("Replaced"),
    "expired": lambda: _("Expired"),
}
"""By state."""


def _agreed(wording: EventNames, event: EventView) -> tuple[str, str]:
    return _("agreed to replace lost sign-in methods of %(who)s") % {"who": wording.who(event)}, ""


def _opened(wording: EventNames, event: EventView) -> tuple[str, str]:
    return _("asked to replace lost sign-in methods of %(who)s") % {"who": wording.who(event)}, ""


def _refused(wording: EventNames, event: EventView) -> tuple[str, str]:
    text = _("closed the request to replace lost sign-in methods of %(who)s")
    return text % {"who": wording.who(event)}, ""


def _used(_wording: EventNames, _event: EventView) -> tuple[str, str]:
    return _("removed lost sign-in methods, with the supplier’s agreement"), ""


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    Verb.FACTOR_RECOVERY_AGREE: _agreed,
    Verb.FACTOR_RECOVERY_OPEN: _opened,
    Verb.FACTOR_RECOVERY_REFUSE: _refused,
    Verb.FACTOR_RECOVERY_USE: _used,
}
"""The sentence and its note of each of these acts."""
