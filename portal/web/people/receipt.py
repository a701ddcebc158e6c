"""The page model of a removal: its progress, and its receipt."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.events import EventView
from delegation.authorization import policy
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.people import removal_impact
from portal.shell import query_string, timeline
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import cldr, dates, removal_reasons, supplier_texts, systems, time_zones
from portal.wording.events import EventWording
from provisioning.accounts import progress
from provisioning.accounts.progress import Progress, SystemProgress


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """Describes the progress in one system; `state` is `closed` once it has confirmed."""

    name: str
    sub: str
    when: str
    state: str


@dataclass(frozen=True, slots=True)
class RemovedPerson:
    """Describes a removed person, with the event in the log, for web/activity/_event_link.html."""

    name: str
    email: str
    event_number: str
    event_url: str
    hash: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Describes a removal: people, actor, instant and reason. `single` is the only removed person."""

    number: str
    people: Sequence[RemovedPerson]
    single: RemovedPerson | None
    by: str
    when: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReceiptPage(PageModel):
    """Shows a removal, from the act until every system has confirmed."""

    template: ClassVar[str] = "web/people/removal_receipt.html"

    title: str
    lead: str
    open: bool
    """Whether a system has not confirmed: the page polls every second (ETag), without a script every two."""
    here_url: str
    """This page; answers 304 while nothing has changed."""
    lines: Sequence[ProgressLine]
    receipt: Receipt
    next_text: str
    restore_url: str = ""
    restore_label: str = ""
    back_url: str


def receipt_page(page: PageContext, events: Sequence[EventView], clock: dates.Clock) -> ReceiptPage:
    """Return the page of the act that these events belong to."""
    first = events[0]
    wording = timeline.event_wording(events, display_names.load(organization=page.organization_id))
    removal = _progress(page, events)
    removed_names = [wording.who(event) for event in events]
    people = _removed(page, events, wording)
    who = dates.name_list(removed_names, most=5)
    closed = {event.subject for event in events}
    restore_url, restore_label = _restore(page, [event.subject for event in events], who, removal)
    return ReceiptPage(
        title=ngettext("%(who)s is removed", "%(who)s are removed", len(closed)) % {"who": who},
        lead=_lead(page, removal, first, clock),
        open=not removal.done,
        here_url=page.url("removal", act=first.act),
        lines=[*_lines(removal.lines, who, clock), _sign_in(page, first, clock)],
        receipt=Receipt(
            number=f"R-{first.act.hex[-12:-6]}-{first.act.hex[-6:]}",
            people=people,
            single=people[0] if len(people) == 1 else None,
            by=wording.actor(first),
            when=time_zones.with_zone(clock.date_time(first.at), clock.zone),
            reason=removal_reasons.describe(first.personal.get("reason", "")),
        ),
        next_text=_next(removal),
        restore_url=restore_url,
        restore_label=restore_label,
        back_url=page.url("people"),
    )


def _progress(page: PageContext, events: Sequence[EventView]) -> Progress:
    """Return the systems that must confirm; before a deliverer has planned the act, those that are expected to."""
    first = events[0]
    planned = progress.progress_of_act(act=first.act, chain=page.organization_id, at=page.at)
    if planned.planned:
        return planned
    expected = progress.expected_progress(
        memberships=[event.subject for event in events], since=first.at, at=page.at
    )
    return Progress(lines=expected, planned=False)


def _removed(page: PageContext, events: Sequence[EventView], wording: EventWording) -> list[RemovedPerson]:
    emails = removal_impact.emails(memberships=[event.subject for event in events])
    return [
        RemovedPerson(
            name=wording.who(event),
            email=emails.get(event.subject, ""),
            event_number=cldr.number(event.seq) if event.seq else "",
            event_url=f"{page.url('activity')}#e{event.seq}" if page.sees_activity else "",
            hash=timeline.short_hash(event.hash),
        )
        for event in events
    ]


def _lead(page: PageContext, removal: Progress, first: EventView, clock: dates.Clock) -> str:
    values = {
        "time": clock.time(first.at, seconds=True),
        "organization": page.organization.name,
        "supplier": settings.SUPPLIER_NAME,
    }
    late = [supplier_texts.in_language(line.name) for line in removal.lines if line.state != "closed"]
    if late:
        names = dates.name_list(list(dict.fromkeys(late)))
        text = ngettext(
            "Sign-in to %(organization)s was blocked at %(time)s. %(names)s has not confirmed yet.",
            "Sign-in to %(organization)s was blocked at %(time)s. %(names)s have not confirmed yet.",
            len(set(late)),
        )
        return text % {**values, "names": names}
    if not removal.planned:
        return (
            _("Sign-in to %(organization)s was blocked at %(time)s. Connected systems are being updated.")
            % values
        )
    if not removal.lines:
        return _("All access through %(supplier)s ended at %(time)s.") % values
    span = dates.span(max(line.seconds for line in removal.lines))
    text = _("All access through %(supplier)s ended at %(time)s. All systems confirmed within %(span)s.")
    return text % {**values, "span": span}


def _sign_in(page: PageContext, first: EventView, clock: dates.Clock) -> ProgressLine:
    parts = []
    if sign_ins := int(first.facts.get("sign_ins", 0)):
        text = ngettext("%(number)d sign-in revoked", "%(number)d sign-ins revoked", sign_ins)
        parts.append(text % {"number": sign_ins})
    if sessions := int(first.facts.get("sessions", 0)):
        text = ngettext("%(number)d session ended", "%(number)d sessions ended", sessions)
        parts.append(text % {"number": sessions})
    return ProgressLine(
        name=_("Sign-in to %(organization)s blocked") % {"organization": page.organization.name},
        sub=", ".join(parts) or _("Existing sessions and access keys revoked"),
        when=clock.time(first.at, seconds=True),
        state="closed",
    )


def _lines(lines: Sequence[SystemProgress], who: str, clock: dates.Clock) -> list[ProgressLine]:
    return [_line(line, _system_name(line, lines), who, clock) for line in lines]


def _line(line: SystemProgress, name: str, who: str, clock: dates.Clock) -> ProgressLine:
    closed = line.state == "closed"
    span = dates.span(line.seconds)
    return ProgressLine(
        name=name,
        sub=_confirmed(line) if closed else _unconfirmed(line, who, clock),
        when=_("after %(span)s") % {"span": span} if closed else _("%(span)s so far") % {"span": span},
        state=systems.closing(systems.STATES[line.state]),
    )


def _system_name(line: SystemProgress, lines: Sequence[SystemProgress]) -> str:
    name = supplier_texts.in_language(line.name)
    if sum(other.name == line.name for other in lines) == 1:
        return name
    return (_("%(system)s: sessions") if line.kind == "logout" else _("%(system)s: account")) % {
        "system": name
    }


def _confirmed(line: SystemProgress) -> str:
    if line.kind == "logout":
        text = ngettext("%(number)d session signed out", "%(number)d sessions signed out", line.count)
    elif line.count == 1:
        return _("Account closed")
    else:
        text = ngettext("%(number)d account closed", "%(number)d accounts closed", line.count)
    return text % {"number": line.count}


def _unconfirmed(line: SystemProgress, who: str, clock: dates.Clock) -> str:
    system = supplier_texts.in_language(line.name)
    parts = [_("No confirmation yet."), systems.problem(line.error, system)]
    if line.attempts and line.next_try_at:
        parts.append(_("Next attempt %(when)s.") % {"when": clock.at_time(line.next_try_at)})
    if line.attempts and line.kind == "account":
        parts.append(_cannot_sign_in(who, system))
    return " ".join(part for part in parts if part)


def _cannot_sign_in(who: str, system: str) -> str:
    values = {"who": who, "system": system, "supplier": settings.SUPPLIER_NAME}
    return _("%(who)s cannot sign in to %(system)s through %(supplier)s.") % values


def _next(removal: Progress) -> str:
    if removal.done:
        return _("All systems have confirmed. You do not need to do anything.")
    return _("Failed updates are retried until every system has confirmed. You can close this page.")


def _restore(page: PageContext, leavers: Sequence[uuid.UUID], who: str, removal: Progress) -> tuple[str, str]:
    """Return address and label of the restore page; empty until all have confirmed, and without the right."""
    if not removal.done:
        return "", ""
    verb = Verb.MEMBER_RESTORE
    if not policy.decide(actor=page.viewer, verb=verb, on=policy.MembershipIds(leavers), at=page.at):
        return "", ""
    if len(leavers) > 1:
        url = query_string.with_values(page.url("people"), {"who": "former"})
        return url, _("View removed people")
    label = _("Restore %(name)s") % {"name": who}
    return page.url("person_restore", membership=leavers[0]), label


def etag(model: ReceiptPage, language: str) -> str:
    """Return the page's ETag. It changes with the shown wait of a line that is still open."""
    lines = [(line.name, line.sub, line.state, line.when) for line in model.lines]
    shown = repr((language, model.lead, model.open, lines))
    return f'"{hashlib.sha256(shown.encode()).hexdigest()[:32]}"'
