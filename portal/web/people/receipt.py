"""A removal's page has this model: it shows the progress, and then the receipt."""

import math
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity import queries as activity_queries
from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.people import removal_impact
from portal.shell import removal_retries, timeline
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.removal_retries import Retry
from portal.web.people import receipt_lead, receipt_mail, receipt_restore, receipt_systems, removal_facts
from portal.web.people.receipt_restore import Restore
from portal.web.people.receipt_systems import ReceiptSystem, WaitingSystem
from portal.wording import cldr, dates, removal_reasons, time_zones
from portal.wording.events import EventWording
from provisioning.accounts import expected, progress
from provisioning.accounts import queries as accounts_queries
from provisioning.accounts.progress import Progress

_SHARE, _SOONEST, _LATEST = 5, 2, 30
"""A browser without a script loads the page again after a fifth of the wait, within these limits (seconds)."""


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
    """Whether a system has not confirmed: a script asks again, less and less often, and counts the wait."""
    here_url: str
    """This page; answers 304 to the script while nothing has changed."""
    refresh_seconds: int
    """After so many seconds a browser without a script loads the page again."""
    waiting: Sequence[WaitingSystem]
    wait: str
    """`1 min 42 s`: how long the systems are waited for, all since the removal."""
    wait_seconds: int
    wait_units: str
    """The units in which a script counts on."""
    retry: Retry | None
    """Set where the reader may have the systems tried again now."""
    systems_title: str
    systems_summary: str
    rows: Sequence[ReceiptSystem]
    receipt: Receipt
    file_url: str
    """The receipt as a signed file."""
    pdf_url: str
    next_text: str
    restore_url: str = ""
    restore_label: str = ""
    back_url: str


def receipt_page(page: PageContext, events: Sequence[EventView], clock: dates.Clock) -> ReceiptPage:
    """Return the page of the act that these events belong to."""
    first = events[0]
    wording = _wording(page, events)
    removal = progress_of(page, events)
    who = dates.name_list([wording.who(event) for event in events], most=5)
    restore = receipt_restore.restore(page, {event.subject: wording.who(event) for event in events})
    seconds = max(0.0, (page.at - first.at).total_seconds())
    rows = _rows(page, removal, first, clock)
    return ReceiptPage(
        title=_title(who, {event.subject for event in events}, restore),
        lead=" ".join(filter(None, (receipt_lead.lead(page, removal, first, clock), restore.sentence))),
        open=not removal.done,
        here_url=page.url("removal", act=first.act),
        refresh_seconds=min(max(int(seconds / _SHARE), _SOONEST), _LATEST),
        waiting=(waiting := _waiting(removal, restore.gone, clock)),
        wait=dates.wait(seconds),
        wait_seconds=math.ceil(seconds),
        wait_units=dates.wait_units(),
        retry=_retry(page, first) if waiting else None,
        systems_title=_("Closed") if all(row.state == "closed" for row in rows) else _("Systems"),
        systems_summary=receipt_systems.summary(removal.lines),
        rows=rows,
        receipt=_receipt(page, first, _removed(page, events, wording), wording, clock),
        file_url=page.url("removal_receipt", act=first.act),
        pdf_url=page.url("removal_receipt_pdf", act=first.act),
        next_text=_next(page, events, removal, is_mailed=bool(restore.gone)),
        restore_url=restore.url,
        restore_label=restore.label,
        back_url=page.list_url,
    )


def _waiting(removal: Progress, gone: str, clock: dates.Clock) -> list[WaitingSystem]:
    lines = removal.lines
    return [
        receipt_systems.waiting(line, lines, gone, clock) for line in lines if receipt_systems.is_late(line)
    ]


def _wording(page: PageContext, events: Sequence[EventView]) -> EventWording:
    names = display_names.load(organization=page.organization_id)
    return timeline.event_wording(page.organization_id, events, names)


def _title(who: str, people: Collection[uuid.UUID], restore: Restore) -> str:
    if restore.sentence:
        return _("Removal of %(who)s") % {"who": who}
    return ngettext("%(who)s is removed", "%(who)s are removed", len(people)) % {"who": who}


def polled_content(model: ReceiptPage) -> object:
    """Return what the updating part shows, except the running wait."""
    parts = model.lead, model.open, model.waiting, model.retry is None, model.rows, model.next_text
    return *parts, model.restore_url


def _retry(page: PageContext, first: EventView) -> Retry | None:
    waiting = accounts_queries.waiting_of_act(act=first.act)
    return removal_retries.of_acts(page, {first.act: waiting}).get(first.act)


def _rows(page: PageContext, removal: Progress, first: EventView, clock: dates.Clock) -> list[ReceiptSystem]:
    own = receipt_systems.own_row(first, page.organization.name, clock)
    others = [line for line in removal.lines if not receipt_systems.is_late(line)]
    ordered = sorted(others, key=lambda line: line.at or page.at)
    return [own, *(receipt_systems.row(line, removal.lines, first, clock) for line in ordered)]


def _receipt(
    page: PageContext,
    first: EventView,
    people: Sequence[RemovedPerson],
    wording: EventWording,
    clock: dates.Clock,
) -> Receipt:
    decided, by = _decision(page, first, wording, clock)
    return Receipt(
        number=removal_facts.number_of(first),
        people=people,
        single=people[0] if len(people) == 1 else None,
        by=by,
        when=time_zones.with_zone(clock.date_time(removal_facts.ended_at(first)), clock.zone),
        reason=removal_reasons.describe(decided.personal.get("reason", "")),
    )


def _decision(
    page: PageContext, first: EventView, wording: EventWording, clock: dates.Clock
) -> tuple[EventView, str]:
    """Return the event with the reason, and who decided: of a planned removal, those of the plan."""
    plan = first.facts.get("plan")
    found = (
        activity_queries.of_act(
            organization=page.organization_id, act=uuid.UUID(plan), verb=Verb.REMOVAL_PLAN.value
        )
        if plan
        else []
    )
    if not found:
        return first, wording.actor(first)
    by = _wording(page, found).actor(found[0])
    return found[0], _("%(name)s, planned %(when)s") % {"name": by, "when": clock.when(found[0].at)}


def progress_of(page: PageContext, events: Sequence[EventView]) -> Progress:
    """Return the systems that must confirm; before a deliverer has planned the act, those that are expected to."""
    first = events[0]
    planned = progress.progress_of_act(act=first.act, chain=page.organization_id, at=page.at)
    if planned.planned:
        return planned
    systems = expected.expected_progress(
        memberships=[event.subject for event in events], since=first.at, at=page.at
    )
    return Progress(lines=systems, planned=False)


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


def _next(page: PageContext, events: Sequence[EventView], removal: Progress, *, is_mailed: bool) -> str:
    """Say what the reader must do. No mail is sent about people who have all been restored."""
    if removal.done:
        return _("All systems have confirmed. You do not need to do anything.")
    kept = _("Failed updates are retried until every system has confirmed. You can close this page.")
    is_late = any(line.seconds > progress.LATE.total_seconds() for line in removal.lines)
    return " ".join(
        part for part in (kept, receipt_mail.who_gets(page, events) if is_late and is_mailed else "") if part
    )
