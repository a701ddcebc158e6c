"""The log words the steps of an exception from a conflict of duties; pages word its states."""

import datetime as dt
from collections.abc import Callable, Mapping

from django.utils import timezone
from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording import cldr, removal_reasons
from portal.wording.event_names import EventNames

STATES: Mapping[str, Callable[[], str]] = {
    "open": lambda: _("Waits for a second person"),
    "accepted": lambda: _("Accepted"),
    "refused": lambda: _("Refused"),
    "withdrawn": lambda: _("Withdrawn"),
    "revoked": lambda: _("Revoked"),
    "ended": lambda: _("Ended with the membership"),
    "expired": lambda: _("Its end has passed"),
}


def _requested(wording: EventNames, event: EventView) -> tuple[str, str]:
    text = _("asked for an exception from duties to keep apart for %(who)s, until %(day)s")
    values = {"who": wording.who(event), "day": _last_day(event)}
    return text % values, removal_reasons.describe(event.personal.get("reason", ""))


def _accepted(wording: EventNames, event: EventView) -> tuple[str, str]:
    text = _("accepted the exception for %(who)s until %(day)s")
    values = {"who": wording.who(event), "day": _last_day(event)}
    return text % values, removal_reasons.describe(event.personal.get("reason", ""))


def _closed(wording: EventNames, event: EventView) -> tuple[str, str]:
    texts = {
        "refused": _("refused an exception for %(who)s"),
        "withdrawn": _("withdrew the request for an exception for %(who)s"),
    }
    text = texts.get(event.facts.get("exception_state", ""), _("revoked the exception for %(who)s"))
    return text % {"who": wording.who(event)}, removal_reasons.describe(event.personal.get("reason", ""))


def _last_day(event: EventView) -> str:
    until = event.facts.get("exception_until")
    return last_day(dt.datetime.fromisoformat(str(until))) if until else ""


def last_day(until: dt.datetime) -> str:
    """Return the last day before this end, in the active time zone."""
    return cldr.date(timezone.localtime(until - dt.timedelta(microseconds=1)))


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    Verb.DUTY_EXCEPTION_ACCEPT: _accepted,
    Verb.DUTY_EXCEPTION_CLOSE: _closed,
    Verb.DUTY_EXCEPTION_REQUEST: _requested,
}
