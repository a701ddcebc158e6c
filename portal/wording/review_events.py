"""The log words the steps of an access review."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording import removal_reasons
from portal.wording.event_names import EventNames


def _started(_wording: EventNames, event: EventView) -> tuple[str, str]:
    size = int(event.facts.get("review_after", {}).get("size", 0))
    text = ngettext(
        "started an access review of %(number)d line", "started an access review of %(number)d lines", size
    )
    return text % {"number": size}, removal_reasons.describe(event.personal.get("reason", ""))


def _cancelled(_wording: EventNames, event: EventView) -> tuple[str, str]:
    return _("stopped an access review"), removal_reasons.describe(event.personal.get("reason", ""))


def _warned(_wording: EventNames, event: EventView) -> tuple[str, str]:
    is_second = event.facts.get("review_after", {}).get("warnings") == 2
    return _("reminded of an access review"), _("The second reviewer decides, too.") if is_second else ""


def _decided(wording: EventNames, event: EventView) -> tuple[str, str]:
    texts = {
        "keep": _("kept the access of %(who)s in an access review"),
        "lower": _("lowered the access of %(who)s in an access review"),
        "end": _("ended the access of %(who)s in an access review"),
        "left": _("closed the line of %(who)s in an access review"),
    }
    decision = event.facts.get("review_decision", {})
    notes = {
        "silence": _("Without an answer in time."),
        "last_admin": _("Without an answer in time. The only admin is kept."),
        "not_lower": _("Without an answer in time. There is no lower access."),
        "left": _("The access had ended before."),
    }
    text = texts.get(decision.get("decision"), _("decided about %(who)s in an access review"))
    return text % {"who": wording.who(event)}, notes.get(decision.get("basis"), "")


def _reviewed(wording: EventNames, event: EventView) -> tuple[str, str]:
    text, _note = _decided(wording, event)
    return text, removal_reasons.describe(event.personal.get("reason", ""))


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    Verb.REVIEW_CANCEL: _cancelled,
    Verb.REVIEW_DECIDE: _reviewed,
    Verb.REVIEW_SETTLE: _decided,
    Verb.REVIEW_START: _started,
    Verb.REVIEW_WARN: _warned,
}
"""The sentence and its note of each of these acts."""
