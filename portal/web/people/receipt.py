"""The page model of a removal's progress and receipt."""

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
from portal.wording import admin_abilities, cldr, dates, removal_reasons, systems, time_zones
from portal.wording.events import EventWording
from provisioning.accounts import progress
from provisioning.accounts.progress import Progress, SystemProgress


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """How far one system is. `state` is `closed` for what is done."""

    name: str
    sub: str
    when: str
    state: str


@dataclass(frozen=True, slots=True)
class RemovedPerson:
    """A removed person, with the event in the log, for web/activity/_event_link.html."""

    name: str
    email: str
    event_number: str
    event_url: str
    hash: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The removal: people, actor, instant and reason. `single` is the only removed person."""

    number: str
    people: Sequence[RemovedPerson]
    single: RemovedPerson | None
    by: str
    when: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReceiptPage(PageModel):
    """A removal, while systems answer and when all have."""

    template: ClassVar[str] = "web/people/removal_receipt.html"

    title: str
    lead: str
    open: bool
    """Whether a system has not confirmed: the page asks again every second (ETag), without a script every two."""
    here_url: str
    """This page; answers 304 while nothing has changed."""
    lines: Sequence[ProgressLine]
    receipt: Receipt
    next_text: str
    restore_url: str = ""
    restore_label: str = ""
    back_url: str


def receipt_page(page: PageContext, events: Sequence[EventView], clock: dates.Clock) -> ReceiptPage:
    """The page, from the events of the act and the progress of its deliveries."""
    first = events[0]
    book = display_names.display_names(organization=page.organization_id)
    told_by = timeline.event_wording(events, book)
    done = _progress(page, events)
    names = [told_by.who(event) for event in events]
    people = _removed(page, events, told_by)
    who = dates.listed(names, most=5)
    closed = {event.subject for event in events}
    restore_url, restore_label = _restore(page, [event.subject for event in events], who, done)
    return ReceiptPage(
        title=ngettext("%(who)s is removed", "%(who)s are removed", len(closed)) % {"who": who},
        lead=_lead(page, done, first, clock),
        open=not done.done,
        here_url=page.url("removal", act=first.act),
        lines=[*[_line(line, done.lines, who, clock) for line in done.lines], _sign_in(page, first, clock)],
        receipt=Receipt(
            number=f"R-{first.act.hex[-12:-6]}-{first.act.hex[-6:]}",
            people=people,
            single=people[0] if len(people) == 1 else None,
            by=told_by.actor(first),
            when=time_zones.placed(clock.moment(first.at), clock.zone),
            reason=removal_reasons.shown(first.personal.get("reason", "")),
        ),
        next_text=_next(done),
        restore_url=restore_url,
        restore_label=restore_label,
        back_url=page.url("people"),
    )


def _progress(page: PageContext, events: Sequence[EventView]) -> Progress:
    """Before the deliverers have read the act, the systems that will have to hear of it stand as waiting."""
    first = events[0]
    done = progress.of_act(act=first.act, chain=page.organization_id, at=page.at)
    if done.planned:
        return done
    waiting = progress.expected_progress(
        memberships=[event.subject for event in events], since=first.at, at=page.at
    )
    return Progress(lines=waiting, planned=False)


def _removed(page: PageContext, events: Sequence[EventView], told_by: EventWording) -> list[RemovedPerson]:
    emails = removal_impact.emails(memberships=[event.subject for event in events])
    return [
        RemovedPerson(
            name=told_by.who(event),
            email=emails.get(event.subject, ""),
            event_number=cldr.number(event.seq) if event.seq else "",
            event_url=f"{page.url('activity')}#e{event.seq}" if page.sees_activity else "",
            hash=timeline.short(event.hash),
        )
        for event in events
    ]


def _lead(page: PageContext, done: Progress, first: EventView, clock: dates.Clock) -> str:
    stopped = {
        "time": clock.time(first.at, seconds=True),
        "organization": page.organization.name,
        "supplier": settings.SUPPLIER_NAME,
    }
    late = [admin_abilities.in_language(line.name) for line in done.lines if line.state != "closed"]
    if late:
        names = dates.listed(list(dict.fromkeys(late)))
        text = ngettext(
            "Sign-in to %(organization)s was blocked at %(time)s. %(names)s has not confirmed yet.",
            "Sign-in to %(organization)s was blocked at %(time)s. %(names)s have not confirmed yet.",
            len(set(late)),
        )
        return text % {**stopped, "names": names}
    if not done.planned:
        return (
            _("Sign-in to %(organization)s was blocked at %(time)s. Connected systems are being updated.")
            % stopped
        )
    if not done.lines:
        return _("All access through %(supplier)s ended at %(time)s.") % stopped
    span = dates.span(max(line.seconds for line in done.lines))
    text = _("All access through %(supplier)s ended at %(time)s. All systems confirmed within %(span)s.")
    return text % {**stopped, "span": span}


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


def _line(
    line: SystemProgress, lines: Sequence[SystemProgress], who: str, clock: dates.Clock
) -> ProgressLine:
    closed = line.state == "closed"
    span = dates.span(line.seconds)
    return ProgressLine(
        name=_system_name(line, lines),
        sub=_done(line) if closed else _late(line, who, clock),
        when=_("after %(span)s") % {"span": span} if closed else _("%(span)s so far") % {"span": span},
        state=systems.closing(systems.STATES[line.state]),
    )


def _system_name(line: SystemProgress, lines: Sequence[SystemProgress]) -> str:
    name = admin_abilities.in_language(line.name)
    if sum(one.name == line.name for one in lines) == 1:
        return name
    return (_("%(system)s: sessions") if line.kind == "logout" else _("%(system)s: account")) % {
        "system": name
    }


def _done(line: SystemProgress) -> str:
    if line.kind == "logout":
        text = ngettext("%(number)d session signed out", "%(number)d sessions signed out", line.count)
    elif line.count == 1:
        return _("Account closed")
    else:
        text = ngettext("%(number)d account closed", "%(number)d accounts closed", line.count)
    return text % {"number": line.count}


def _late(line: SystemProgress, who: str, clock: dates.Clock) -> str:
    parts = [_("No confirmation yet."), systems.problem(line.error)]
    if line.attempts and line.next_try_at:
        parts.append(_("Next attempt %(when)s.") % {"when": clock.at_time(line.next_try_at)})
    if line.attempts and line.kind == "account":
        parts.append(_cannot_sign_in(who))
    return " ".join(part for part in parts if part)


def _cannot_sign_in(who: str) -> str:
    text = _("%(who)s cannot sign in to it through %(supplier)s.")
    return text % {"who": who, "supplier": settings.SUPPLIER_NAME}


def _next(done: Progress) -> str:
    if done.done:
        return _("All systems have confirmed. You do not need to do anything.")
    return _("Failed updates are retried until every system has confirmed. You can close this page.")


def _restore(page: PageContext, leavers: Sequence[uuid.UUID], who: str, done: Progress) -> tuple[str, str]:
    """Address and label of the way back; empty until every system has confirmed, and for readers without the right."""
    if not done.done:
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
    """The page's ETag. The seconds of open lines do not change it."""
    lines = [
        (line.name, line.sub, line.state, line.when if line.state == "closed" else "") for line in model.lines
    ]
    shown = repr((language, model.lead, model.open, lines))
    return f'"{hashlib.sha256(shown.encode()).hexdigest()[:32]}"'
