"""The sentences over a receipt say when access ended, and what is still open."""

import datetime as dt
from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.events import EventView
from delegation.catalogue import display_names
from portal.shell.page_context import PageContext
from portal.web.people import removal_facts
from portal.wording import dates, supplier_texts
from provisioning.accounts.progress import Progress


def lead(page: PageContext, removal: Progress, first: EventView, clock: dates.Clock) -> str:
    """Say when access ended, where a sign-in may still count, and which systems have confirmed."""
    values = {
        "time": clock.time(removal_facts.ended_at(first), seconds=True),
        "organization": page.organization.name,
        "supplier": settings.SUPPLIER_NAME,
    }
    offline = first.facts.get("offline_tokens")
    if offline:
        ended = _("Access to %(organization)s through %(supplier)s ended at %(time)s.") % values
    else:
        ended = _("All access to %(organization)s through %(supplier)s ended at %(time)s.") % values
    return " ".join(
        part for part in (ended, _offline(offline or {}, clock, page), _confirmed(removal)) if part
    )


def _offline(tokens: Mapping[str, str], clock: dates.Clock, page: PageContext) -> str:
    """Name the applications whose services read tokens offline, and when the last of these tokens ends."""
    if not tokens:
        return ""
    names = display_names.load(organization=page.organization_id).applications
    until = max(dt.datetime.fromisoformat(text) for text in tokens.values())
    text = ngettext(
        "A sign-in to %(names)s from before may still count until %(time)s.",
        "Sign-ins to %(names)s from before may still count until %(time)s.",
        len(tokens),
    )
    listed = dates.name_list([supplier_texts.in_language(names[key]) for key in tokens if key in names])
    return text % {"names": listed, "time": clock.time(until, seconds=True)}


def _confirmed(removal: Progress) -> str:
    """Return `4 of 5 systems have confirmed. CRM portal has not confirmed yet.`, as far as it is known."""
    names = {line.application: supplier_texts.in_language(line.name) for line in removal.lines}
    waiting = {line.application: None for line in removal.lines if line.state != "closed"}
    if not waiting and not removal.planned:
        return _("Connected systems are being updated.")
    if not waiting:
        span = dates.span(max((line.seconds for line in removal.lines), default=0))
        return _("All systems confirmed within %(span)s.") % {"span": span} if names else ""
    text = ngettext("%(names)s has not confirmed yet.", "%(names)s have not confirmed yet.", len(waiting))
    late = text % {"names": dates.name_list([names[key] for key in waiting])}
    confirmed = len(names) - len(waiting)
    if not confirmed:
        return late
    text = ngettext(
        "%(number)d of %(of)d systems has confirmed.",
        "%(number)d of %(of)d systems have confirmed.",
        confirmed,
    )
    return f"{text % {'number': confirmed, 'of': len(names)}} {late}"
