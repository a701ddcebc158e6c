"""Planned removals and suspensions have these sentences, and removals that were planned."""

import datetime as dt
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording import removal_reasons
from portal.wording.event_names import EventNames


def planned(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what was planned or changed, with the instant, and the reason."""
    text = _("planned that %(who)s’s access ends %(when)s")
    if event.before.get("ends_at"):
        text = _("changed the plan: %(who)s’s access ends %(when)s")
    return text % {"who": wording.who(event), "when": _when(wording, event.after)}, _reason(event)


def cancelled(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return whose plan was cancelled."""
    return _("cancelled the plan that %(who)s’s access ends") % {"who": wording.who(event)}, _reason(event)


def suspended(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return who was suspended."""
    note = (
        _("No sign-in for a long time, in spite of two warnings.")
        if event.facts.get("dormant")
        else _reason(event)
    )
    return _("suspended %(who)s’s access") % {"who": wording.who(event)}, note


def resumed(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return who was resumed."""
    return _("resumed %(who)s’s access") % {"who": wording.who(event)}, _reason(event)


def removed(wording: EventNames, event: EventView) -> tuple[str, str, str]:
    """Return the actor, what was done and why; of a planned removal, its instant: no person acts then."""
    if event.after.get("since"):
        text = _("%(who)s’s access ended as planned") % {"who": wording.who(event)}
        return "", text, _when(wording, {"ends_at": event.after["since"]})
    return wording.actor(event), _("removed %(who)s") % {"who": wording.who(event)}, _reason(event)


def _when(wording: EventNames, change: object) -> str:
    ends_at = change.get("ends_at") if isinstance(change, dict) else None
    if not ends_at or wording.clock is None:
        return _("on the planned day")
    at = dt.datetime.fromisoformat(ends_at)
    return _("on %(day)s at %(time)s") % {"day": wording.clock.day(at), "time": wording.clock.time(at)}


def _reason(event: EventView) -> str:
    return removal_reasons.describe(event.personal.get("reason", ""))


def warned(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return who was warned about a suspension to come."""
    last = event.facts.get("warning") == 2
    text = _("warned %(who)s a second time: no sign-in") if last else _("warned %(who)s: no sign-in")
    return text % {"who": wording.who(event)}, ""


WORDS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    Verb.DORMANCY_WARN: warned,
    Verb.MEMBER_RESUME: resumed,
    Verb.MEMBER_SUSPEND: suspended,
    Verb.REMOVAL_CANCEL: cancelled,
    Verb.REMOVAL_PLAN: planned,
}
