"""The log words the steps of a handover."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording.event_names import EventNames


def _opened(_wording: EventNames, event: EventView) -> tuple[str, str]:
    if event.facts.get("invitation"):
        return _("began a handover to an invited person"), ""
    return _("began a handover to a colleague"), ""


def _accepted(wording: EventNames, event: EventView) -> tuple[str, str]:
    return _("accepted to take over from %(who)s") % {"who": wording.who(event)}, ""


def _closed(wording: EventNames, event: EventView) -> tuple[str, str]:
    declined = event.facts.get("handover_step") == "declined"
    text = _("declined to take over from %(who)s") if declined else _("cancelled the own handover")
    return text % {"who": wording.who(event)}, ""


def _completed(_wording: EventNames, event: EventView) -> tuple[str, str]:
    stays = event.facts.get("fate") == "stays"
    return _("completed the handover"), _("Stays with a lower tier.") if stays else _("Leaves.")


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    Verb.HANDOVER_ACCEPT: _accepted,
    Verb.HANDOVER_CLOSE: _closed,
    Verb.HANDOVER_COMPLETE: _completed,
    Verb.HANDOVER_OPEN: _opened,
}
"""The sentence and its note of each of these acts."""
