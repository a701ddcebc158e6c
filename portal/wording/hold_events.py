"""The sentence about a hold says what the supplier stopped, why, and until when."""

import datetime as dt

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from portal.wording import access, hold_notices, supplier_texts
from portal.wording.event_names import EventNames


def placed(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what is on hold, and why and until when. Colleagues do not read of insolvency and suspicions."""
    code = str(event.facts["hold_reason"])
    is_shown = hold_notices.is_for_customers(code)
    reason = hold_notices.REASONS[code]() if is_shown else _("Contact the supplier")
    until = event.facts["hold_until"]
    end = access.until(dt.datetime.fromisoformat(until), wording.clock) if until and wording.clock else ""
    text = _("placed a hold: %(what)s") % {"what": _on_hold(wording, event)}
    return text, ", ".join(part for part in (reason, end) if part)


def lifted(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what is no longer on hold."""
    return _("lifted the hold: %(what)s") % {"what": _on_hold(wording, event)}, ""


def _on_hold(wording: EventNames, event: EventView) -> str:
    entitlement = event.facts["entitlement"]
    if entitlement is None:
        return wording.application(event)
    return supplier_texts.in_language(wording.names.entitlements.get(entitlement, {"en": entitlement}))
