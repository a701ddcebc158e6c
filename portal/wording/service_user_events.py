"""The log words the creation and the end of a service user."""

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from portal.wording import removal_reasons
from portal.wording.event_names import EventNames


def created(_wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what was done, and with which scopes and reason."""
    scopes = ", ".join(str(event.after.get("scopes", "")).split())
    return _("created the service user %(name)s") % _name(event), _joined(scopes, event)


def ended(_wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what was done, and the reason."""
    return _("ended the service user %(name)s") % _name(event), _joined("", event)


def _name(event: EventView) -> dict[str, str]:
    return {"name": event.personal.get("name", "")}


def _joined(text: str, event: EventView) -> str:
    return " · ".join(filter(None, (text, removal_reasons.describe(event.personal.get("reason", "")))))
