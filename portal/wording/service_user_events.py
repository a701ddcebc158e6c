"""The log words the creation, the new credentials and the end of a service user."""

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording import removal_reasons
from portal.wording.event_names import EventNames


def created(_wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what was done, and with which scopes and reason."""
    scopes = ", ".join(str(event.after.get("scopes", "")).split())
    return _("created the program %(name)s") % _name(event), _joined(scopes, event)


def ended(_wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what was done, and the reason."""
    return _("ended the program %(name)s") % _name(event), _joined("", event)


def rotated(_wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return by what it authenticates from now on."""
    texts = {
        "secret": _("made a new secret for the program %(name)s"),
        "keys": _("let the program %(name)s sign in by keys of its own"),
        "former_secret_ended": _("ended the old secret of the program %(name)s"),
    }
    text = texts.get(str(event.after.get("credential", "")), texts["secret"])
    return text % _name(event), ""


TEXTS = {
    Verb.SERVICE_USER_CREATE: created,
    Verb.SERVICE_USER_END: ended,
    Verb.SERVICE_USER_ROTATE: rotated,
}


def _name(event: EventView) -> dict[str, str]:
    return {"name": event.personal.get("name", "")}


def _joined(text: str, event: EventView) -> str:
    return " · ".join(filter(None, (text, removal_reasons.describe(event.personal.get("reason", "")))))
