"""The sentence about a suspension says why the supplier suspended the customer, until when, and what ended."""

import datetime as dt
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording import access, cldr, suspension_notices
from portal.wording.event_names import EventNames


def suspended(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return that the organization is suspended, and the number of people, why and until when."""
    code = str(event.facts["suspension_reason"])
    is_shown = suspension_notices.is_for_customers(code)
    people, until = int(event.facts["people"]), event.facts["resume_at"]
    parts = (
        suspension_notices.REASONS[code]() if is_shown else _("Contact the supplier"),
        ngettext("%(number)s person", "%(number)s people", people) % {"number": cldr.number(people)},
        access.until(dt.datetime.fromisoformat(until), wording.clock) if until and wording.clock else "",
    )
    return _("suspended the organization"), ", ".join(part for part in parts if part)


def resumed(_wording: EventNames, _event: EventView) -> tuple[str, str]:
    """Return that the organization is no longer suspended."""
    return _("resumed the organization"), ""


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    Verb.ORGANIZATION_RESUME: resumed,
    Verb.ORGANIZATION_SUSPEND: suspended,
}
