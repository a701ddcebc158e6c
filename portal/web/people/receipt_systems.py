"""The receipt lists the systems that have confirmed a removal, and those that are waited for."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.events import EventView
from portal.wording import cldr, dates, delivery_attempts, supplier_texts, systems
from provisioning.accounts.progress import SystemProgress

_SOON = 10.0
"""Seconds: a system that has not failed is shown among the others for so long."""


@dataclass(frozen=True, slots=True)
class WaitingSystem:
    """Describes a system that is waited for. `state`: closing or failed."""

    name: str
    state: str
    text: str
    note: str
    """What the people cannot do there meanwhile; may be empty."""


@dataclass(frozen=True, slots=True)
class ReceiptSystem:
    """Describes a system in the table: what happened, when it was confirmed, and how long that took.

    `state` is closing for a system that is about to confirm, else closed.
    """

    name: str
    what: str
    confirmed: str
    took: str
    state: str


def is_late(line: SystemProgress) -> bool:
    """Return whether this system has failed, or is waited for longer than a moment."""
    return line.state != "closed" and (bool(line.attempts or line.error) or line.seconds > _SOON)


def waiting(
    line: SystemProgress, lines: Sequence[SystemProgress], gone: str, clock: dates.Clock
) -> WaitingSystem:
    """Describe a system that is late. `gone`: the names of those who are still removed; may be empty."""
    system = supplier_texts.in_language(line.name)
    said = delivery_attempts.describe(line, system, clock) or _("No confirmation yet.")
    return WaitingSystem(
        name=_name(line, lines),
        state=systems.closing(systems.STATES[line.state]) if gone else systems.STATES[line.state],
        text=" ".join(part for part in (_open_count(line), said) if part),
        note=_cannot_sign_in(gone, system) if gone and line.kind == "account" else "",
    )


def row(
    line: SystemProgress, lines: Sequence[SystemProgress], first: EventView, clock: dates.Clock
) -> ReceiptSystem:
    """Describe a system that has confirmed, or is about to."""
    closed = line.state == "closed"
    return ReceiptSystem(
        name=_name(line, lines),
        what=_closed(line) if closed else "",
        confirmed=_confirmed(line, first, clock),
        took=dates.span(line.seconds) if closed else "",
        state="closed" if closed else "closing",
    )


def own_row(first: EventView, organization: str, clock: dates.Clock) -> ReceiptSystem:
    """Describe what ended here, in the transaction of the act."""
    parts = []
    if sign_ins := int(first.facts.get("sign_ins", 0)):
        text = ngettext(
            "%(number)d sign-in to connected systems ended",
            "%(number)d sign-ins to connected systems ended",
            sign_ins,
        )
        parts.append(text % {"number": sign_ins})
    if sessions := int(first.facts.get("sessions", 0)):
        text = ngettext("%(number)d session ended", "%(number)d sessions ended", sessions)
        parts.append(text % {"number": sessions})
    ended = ", ".join(parts) or _("existing sessions and access keys revoked")
    return ReceiptSystem(
        name=str(settings.SUPPLIER_NAME),
        what=_("Sign-in to %(organization)s blocked; %(ended)s")
        % {"organization": organization, "ended": ended},
        confirmed=clock.time(first.at, seconds=True),
        took=_took(first),
        state="closed",
    )


def _took(first: EventView) -> str:
    """Return the time to the act; the access of a planned removal had ended by then."""
    since = first.after.get("since")
    seconds = (first.at - dt.datetime.fromisoformat(since)).total_seconds() if since else 0
    return dates.span(seconds) if seconds else _("at once")


def summary(lines: Sequence[SystemProgress]) -> str:
    """Return `Kivisalo and 4 of 5 systems`: who has confirmed."""
    keys = {line.application for line in lines}
    open_keys = {line.application for line in lines if line.state != "closed"}
    values = {"supplier": settings.SUPPLIER_NAME, "number": len(keys - open_keys), "of": len(keys)}
    if open_keys:
        return _("%(supplier)s and %(number)d of %(of)d systems") % values
    text = ngettext("%(supplier)s and %(of)d system", "%(supplier)s and %(of)d systems", len(keys))
    return text % values if keys else ""


def _name(line: SystemProgress, lines: Sequence[SystemProgress]) -> str:
    """Return the system's name; where sessions and accounts have a line each, the name says which it is."""
    name = supplier_texts.in_language(line.name)
    if sum(other.name == line.name for other in lines) == 1:
        return name
    text = _("%(system)s: sessions") if line.kind == "logout" else _("%(system)s: account")
    return text % {"system": name}


def _closed(line: SystemProgress) -> str:
    if line.kind == "logout":
        text = ngettext("%(number)d session signed out", "%(number)d sessions signed out", line.count)
    elif line.count == 1:
        return _("Account closed")
    else:
        text = ngettext("%(number)d account closed", "%(number)d accounts closed", line.count)
    return text % {"number": line.count}


def _confirmed(line: SystemProgress, first: EventView, clock: dates.Clock) -> str:
    """Return the time; with the day where it is not the day of the removal."""
    if line.at is None:
        return ""
    time = clock.time(line.at, seconds=True)
    same_day = clock.local(line.at).date() == clock.local(first.at).date()
    return time if same_day else f"{clock.day(line.at)}, {time}"


def _open_count(line: SystemProgress) -> str:
    if line.count == 1:
        return ""
    if line.kind == "logout":
        text = ngettext(
            "%(waiting)s of %(of)s sessions is open.",
            "%(waiting)s of %(of)s sessions are open.",
            line.waiting,
        )
    else:
        text = ngettext(
            "%(waiting)s of %(of)s accounts is open.",
            "%(waiting)s of %(of)s accounts are open.",
            line.waiting,
        )
    return text % {"waiting": cldr.number(line.waiting), "of": cldr.number(line.count)}


def _cannot_sign_in(who: str, system: str) -> str:
    values = {"who": who, "system": system, "supplier": settings.SUPPLIER_NAME}
    return _("%(who)s cannot sign in to %(system)s through %(supplier)s.") % values
