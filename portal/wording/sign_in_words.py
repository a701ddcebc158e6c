"""The log words sign-ins, and what ends the sign-in of a service."""

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.event_types import Observation
from portal.wording.event_names import EventNames


def _signed_in(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return where the person signed in; of a terminal that they signed in from another device, its address too."""
    if not event.facts.get("application"):
        return _("signed in"), ""
    name = {"name": wording.application(event)}
    if not event.facts.get("grant"):
        return _("signed in to %(name)s") % name, ""
    terminal = {"address": event.personal.get("terminal", "")}
    return _("signed in to %(name)s on another device") % name, _("Device at %(address)s") % terminal


def _replayed(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what was ended, and why."""
    text = _("was signed out of %(name)s to be safe: a one-time key was used a second time")
    return text % {"name": wording.application(event)}, ""


TEXTS = {Observation.SIGN_IN_SUCCEEDED: _signed_in, Observation.TOKEN_REPLAYED: _replayed}
