"""Colleagues choose what they know about an admin; pages and the log word what became of it."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording.event_names import EventNames

REASONS: Mapping[str, Callable[[], str]] = {
    "left": lambda: _("Left the company"),
    "away": lambda: _("Away for a long time"),
    "other_work": lambda: _("Has other work"),
    "unsure": lambda: _("I am not sure"),
}
"""By code."""
EXPLANATIONS: Mapping[str, Callable[[], str]] = {
    "left": lambda: _("No longer works there."),
    "away": lambda: _("Parental leave, study, illness. You need not say which."),
    "other_work": lambda: _("Still works there, no longer as an admin."),
    "unsure": lambda: _("E-mail is not answered."),
}
"""By code."""
STATES: Mapping[str, Callable[[], str]] = {
    "open": lambda: _("Waits for an answer"),
    "here": lambda: _("The admin answered"),
    "withdrawn": lambda: _("Withdrawn"),
    "dismissed": lambda: _("Closed"),
    "removed": lambda: _("The admin was removed"),
}
"""By state."""


def _asked(wording: EventNames, event: EventView) -> tuple[str, str]:
    return _("asked %(who)s") % {"who": wording.who(event)}, ""


def _claimed(wording: EventNames, event: EventView) -> tuple[str, str]:
    reason = REASONS.get(str(event.facts.get("absence")))
    text = _("asked whether %(who)s is still an admin") % {"who": wording.who(event)}
    return text, reason() if reason else ""


def _closed(wording: EventNames, event: EventView) -> tuple[str, str]:
    texts = {
        "here": _("answered: still an admin"),
        "withdrawn": _("withdrew the question whether %(who)s is still an admin"),
    }
    fallback = _("closed the question whether %(who)s is still an admin")
    text = texts.get(str(event.facts.get("claim_state")), fallback)
    return text % {"who": wording.who(event)}, ""


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    Verb.ABSENCE_CLAIM: _claimed,
    Verb.ABSENCE_CLOSE: _closed,
    Verb.ADMIN_ASK: _asked,
}
"""The sentence and its note of each of these acts; what the colleague wrote is not in them."""
