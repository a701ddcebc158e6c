"""The log words that a person blocked the own sign-in, and that support closed the report."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording.event_names import EventNames


def _closed(wording: EventNames, event: EventView) -> tuple[str, str]:
    return _("closed the report that %(who)s’s sign-in was taken over") % {"who": wording.who(event)}, ""


def _reported(_wording: EventNames, _event: EventView) -> tuple[str, str]:
    return _("reported a change by another person and blocked the own sign-in"), ""


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    Verb.TAKEOVER_CLOSE: _closed,
    Verb.TAKEOVER_REPORT: _reported,
}
"""The sentence and its note of each of these acts; the note of support is not in them."""
