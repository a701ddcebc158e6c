"""The page of the search over all events has this page model."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.errors import TooSlow
from delegation.activity import meanings, supplier_log
from delegation.activity.supplier_log import FoundEvents, LoggedEvent
from identity.organizations.queries import OrganizationView
from portal.desk.audit import event_search, event_wording, searches_page
from portal.desk.audit.event_search import EventSearch
from portal.shell import export_file, query_string, timeline
from portal.shell.components import Link, Pager
from portal.shell.page_model import PageModel
from portal.shell.query_string import HiddenField, Option
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr, dates
from portal.wording.supplier_events import AuditWording


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Describes an event for desk/audit/_event.html; `place` is its chain and number, or says that it has none."""

    day: str
    time: str
    iso: str
    actor: str
    text: str
    sub: str
    customer: str
    customer_url: str
    is_refused: bool
    is_altered: bool
    verb: str
    place: str
    hash: str
    id: str
    alike_url: str
    """Leads to the events of this type."""
    same_act: bool


@dataclass(frozen=True, kw_only=True)
class EventsPage(PageModel):
    """Shows the events that were searched, newest first."""

    template: ClassVar[str] = "desk/audit/events.html"

    sub: str
    search_url: str
    charts_url: str
    q: str
    typed_from: str
    typed_until: str
    from_hint: str
    until_hint: str
    hidden_fields: Sequence[HiddenField]
    q_error: str
    from_error: str
    until_error: str
    kinds: Sequence[Option]
    saved: Sequence[Link]
    """The reader's own searches."""
    save_url: str
    note: str
    """Says that a text means more than is searched; empty otherwise."""
    events: Sequence[AuditEvent]
    is_narrowed: bool
    pager: Pager
    exports: Sequence[Link]
    """The same events as files, not only those of this page."""
    background_url: str
    """Leads to an export of more events than these files hold."""


def events_page(reader: StaffReader, query: QueryDict) -> tuple[EventsPage, FoundEvents]:
    """Return the page, and the events that it shows. Eleven statements at most without a text."""
    zone = ZoneInfo(settings.TIME_ZONE)
    asked = event_search.parse(query, now=reader.at, zone=zone)
    values, url = asked.values, reverse("staff_events")
    found, errors = _search(reader, asked)
    rows = _rows(found.events, dates.Clock(reader.at, zone))
    page = EventsPage(
        sub=_sub(asked, zone),
        search_url=url,
        charts_url=_charts_url(asked),
        q=asked.q,
        typed_from=asked.typed_from,
        typed_until=asked.typed_until,
        from_hint=dates.typed_day(asked.days.first),
        until_hint=dates.typed_day(asked.days.last),
        hidden_fields=query_string.hidden_fields({"show": values["show"]}),
        q_error=errors.get("q", ""),
        from_error=errors.get("from", ""),
        until_error=errors.get("until", ""),
        kinds=_kinds(asked, url),
        saved=searches_page.links(reader),
        save_url=query_string.with_values(reverse("staff_searches"), values),
        note=_cut() if found.is_cut else "",
        events=rows,
        is_narrowed=any(values.values()),
        pager=_pager(found, values, url),
        exports=export_file.links(reverse("staff_events_export"), values) if rows else (),
        background_url=query_string.with_values(reverse("staff_exports"), values),
    )
    return page, found


def _search(reader: StaffReader, asked: EventSearch) -> tuple[FoundEvents, Mapping[str, str]]:
    """Return the events, and what is wrong with the search."""
    if asked.errors:
        return FoundEvents(), asked.errors
    try:
        return supplier_log.find(actor=reader.actor, at=reader.at, search=asked.search), {}
    except TooSlow:
        return FoundEvents(), {"q": too_slow()}


def too_slow() -> str:
    """Return what to do about a search that was stopped."""
    seconds = {"number": cldr.number(supplier_log.LONGEST.seconds)}
    text = _(
        "The search was stopped after %(number)s seconds. Choose fewer days, or add a filter such as org:."
    )
    return text % seconds


def _sub(asked: EventSearch, zone: ZoneInfo) -> str:
    first, last = cldr.date(asked.days.first), cldr.date(asked.days.last)
    text = _("%(first)s to %(last)s, %(zone)s time. The customers see who searched.")
    return text % {"first": first, "last": last, "zone": cldr.place(zone)}


def _charts_url(asked: EventSearch) -> str:
    days = {"from": asked.typed_from, "until": asked.typed_until}
    return query_string.with_values(reverse("staff_events_charts"), days)


def _kinds(asked: EventSearch, url: str) -> list[Option]:
    return [
        Option(
            label,
            query_string.with_values(
                url, {**asked.values, "show": "" if kind is supplier_log.Kind.CHANGES else kind.value}
            ),
            current=kind is asked.kind,
        )
        for kind, label in event_search.kinds()
    ]


def _cut() -> str:
    text = _("More than %(number)s people or customers match. Enter more of the name.")
    return text % {"number": cldr.number(meanings.MOST)}


def _rows(events: Sequence[LoggedEvent], clock: dates.Clock) -> list[AuditEvent]:
    customers = event_wording.customers_of(events)
    wording = event_wording.load(events, customers, clock)
    following = [*events[1:], None][: len(events)]
    return [
        _row(row, wording, customers, clock, same_act=older is not None and older.event.act == row.event.act)
        for row, older in zip(events, following, strict=True)
    ]


def _row(
    row: LoggedEvent,
    wording: AuditWording,
    customers: Mapping[uuid.UUID, OrganizationView],
    clock: dates.Clock,
    *,
    same_act: bool,
) -> AuditEvent:
    event, line = row.event, wording.sentence_for(row.event)
    about = event_wording.customer_of(row)
    customer = customers.get(about) if about else None
    return AuditEvent(
        day=clock.heading(event.at),
        time=clock.time(event.at, seconds=True),
        iso=event.at.isoformat(),
        actor=line.actor,
        text=line.text,
        sub=line.sub,
        customer=customer.name if customer else "",
        customer_url=reverse("staff_organization", args=[customer.key]) if customer else "",
        is_refused=event.outcome == "refused",
        is_altered=not event.is_authentic,
        verb=event.verb,
        place=_place(row),
        hash=timeline.short_hash(event.hash),
        id=str(event.id),
        alike_url=query_string.with_values(reverse("staff_events"), {"q": f"verb:{event.verb}"}),
        same_act=same_act,
    )


def _place(row: LoggedEvent) -> str:
    chain = _("the customer’s log") if row.organization else _("the staff member’s own log")
    if row.is_of_supplier:
        chain = _("the supplier’s log")
    if row.event.seq is None:
        return _("beside %(log)s") % {"log": chain}
    return _("number %(number)s in %(log)s") % {"number": cldr.number(row.event.seq), "log": chain}


def _pager(found: FoundEvents, values: Mapping[str, str], url: str) -> Pager:
    number = len(found.events)
    text = ngettext("%(number)d event on this page", "%(number)d events on this page", number)
    newer, older = (
        query_string.with_values(url, {**values, name: str(start)}) if start else ""
        for name, start in (("after", found.newer), ("before", found.older))
    )
    return Pager(text % {"number": number}, newer, older)
