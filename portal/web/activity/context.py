"""The organization's log has this page model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity import acknowledgements, delivery_results
from delegation.activity import queries as activity_queries
from delegation.activity.acknowledgements import MergedEvents
from delegation.activity.events import EventView
from delegation.activity.queries import EventPage
from delegation.activity.scope import LogScope
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from portal.shell import export_file, query_string, timeline
from portal.shell import unconfirmed as shell_unconfirmed
from portal.shell.components import Link, Pager
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.query_string import ActiveFilter, FilterMenu, HiddenField
from portal.shell.removal_retries import Retry
from portal.web.activity import filters, log_search
from portal.wording import cldr, dates
from portal.wording.events import EventLine


@dataclass(frozen=True, slots=True)
class Verified:
    """Says whether the hashes of the shown events match; `state` is `ok` or `failed`."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """Describes an event for web/activity/_event.html. `number` is its place in the chain, empty without one."""

    number: str
    anchor: str
    hash: str
    prev: str
    day: str
    time: str
    iso: str
    actor: str
    text: str
    sub: str
    deliveries: str
    """The results of its deliveries, which open in place with the hashes."""
    open_deliveries: str
    """The systems that are not updated, and when they are tried again."""
    retry: Retry | None
    """Set on a removal that a system has not confirmed, where the reader may have it tried again now."""
    same_act: bool
    """Whether it belongs to the act of the next older event."""


@dataclass(frozen=True, kw_only=True)
class ActivityPage(PageModel):
    """Shows the organization's log, newest first."""

    template: ClassVar[str] = "web/activity/list.html"

    changes_url: str
    who_could_url: str
    sub: str
    """`309 changes`, or how many events match."""
    verified: Verified | None
    search_url: str
    q: str
    hidden_fields: Sequence[HiddenField]
    """The filters, which the search form sends along."""
    typed_from: str
    typed_until: str
    from_hint: str
    until_hint: str
    from_error: str = ""
    until_error: str = ""
    active_filters: Sequence[ActiveFilter]
    filters: Sequence[FilterMenu]
    events: Sequence[EventRow]
    pager: Pager
    exports: Sequence[Link]
    """The events that match, as files; none for staff, who export from their own search."""


def activity_page(page: PageContext, query: QueryDict, clock: dates.Clock) -> ActivityPage:
    """Return the part of the log that the address asks for."""
    log = log_of(page, query, clock, url=page.url("activity"), export_url=page.url("activity_export"))
    return ActivityPage(changes_url=page.url("rights_changes"), who_could_url=page.url("who_could"), **log)


def log_of(
    page: PageContext, query: QueryDict, clock: dates.Clock, *, url: str, export_url: str = ""
) -> dict[str, Any]:
    """Return the fields of a page with this log; `url` is its address, `export_url` that of its file."""
    search, options = log_search.parse(page, query, clock), filters.options()
    scope, values, days = search.scope, search.values, search.days
    event_page = (
        EventPage((), None, None)
        if days.is_wrong
        else activity_queries.page(scope=scope, filters=search.events)
    )
    verified = _verified(event_page.events)
    merged = acknowledgements.merge(organization=page.organization_id, events=event_page.events)
    event_page = replace(event_page, events=merged.events)
    names = display_names.load(organization=page.organization_id)
    return {
        "sub": _sub(scope, event_page, narrowed=any(values.values())),
        "verified": verified,
        "search_url": url,
        "q": values["q"],
        "hidden_fields": query_string.hidden_fields(
            {name: value for name, value in values.items() if name not in days.values}, without="q"
        ),
        **days.fields,
        "active_filters": filters.active(scope, values, options, url),
        "filters": filters.menus(values, options, url),
        "events": _events(page, merged, names, clock),
        "pager": _pager(event_page, values, url),
        "exports": export_file.links(export_url, values) if export_url and event_page.events else (),
    }


def _sub(scope: LogScope, event_page: EventPage, *, narrowed: bool) -> str:
    """Return the length of the log; for a filtered log, the number of events as far as one page reaches.

    A reader limited to sites sees the limit, and not how many events there are at other sites.
    """
    if not narrowed and not scope.whole:
        return _("You see changes that concern people at your sites, and your own.")
    if not narrowed:
        length = activity_queries.count(organization=scope.organization)
        text = ngettext(
            "%(number)s change. System updates and mail are under “Type”.",
            "%(number)s changes. System updates and mail are under “Type”.",
            length,
        )
        return text % {"number": cldr.number(length)}
    found = len(event_page.events)
    if event_page.newer or event_page.older:
        return _("More than %(number)d events found") % {"number": activity_queries.PAGE_SIZE}
    return ngettext("%(number)d event found", "%(number)d events found", found) % {"number": found}


def _verified(events: Sequence[EventView]) -> Verified | None:
    """Check that each shown event is authentic, and that the next one names its hash."""
    chained = {event.seq: event for event in events if event.seq is not None}
    broken = [event for event in events if not event.is_authentic] + [
        event
        for seq, event in chained.items()
        if seq - 1 in chained and event.previous_hash != chained[seq - 1].hash
    ]
    if broken:
        at = broken[0].seq
        text = _("The log was altered at event %(number)s. Call customer service.") % {
            "number": at if at is not None else "?"
        }
        return Verified("failed", text)
    links = sum(1 for seq in chained if seq - 1 in chained)
    if not links:
        return None
    text = ngettext("Log verified (%(number)d entry)", "Log verified (%(number)d entries)", links)
    return Verified("ok", text % {"number": links})


def _events(
    page: PageContext, merged: MergedEvents, names: DisplayNames, clock: dates.Clock
) -> list[EventRow]:
    events = merged.events
    wording = timeline.merged_wording(page.organization_id, merged, names, clock)
    results = delivery_results.for_events(organization=page.organization_id, events=events)
    unconfirmed = shell_unconfirmed.by_act(page, events, clock)
    rows = []
    for position, event in enumerate(events):
        older = events[position + 1] if position + 1 < len(events) else None
        same_act = older is not None and older.act == event.act
        late = None if same_act else unconfirmed.get(event.act)
        results_here = results.get(event.id, ())
        line = timeline.event_line(wording, event, merged.answered.get(event.id, ()), clock)
        row = _event(event, line, clock, same_act=same_act)
        rows.append(
            replace(
                row,
                deliveries=wording.deliveries(results_here),
                open_deliveries=late.text if late else wording.not_updated(results_here),
                retry=late.retry if late else None,
            )
        )
    return rows


def _event(event: EventView, line: EventLine, clock: dates.Clock, *, same_act: bool) -> EventRow:
    return EventRow(
        number=cldr.number(event.seq) if event.seq is not None else "",
        anchor=f"e{event.seq}" if event.seq is not None else f"n{event.id}",
        hash=timeline.short_hash(event.hash),
        prev=timeline.short_hash(event.previous_hash),
        day=clock.heading(event.at),
        time=clock.time(event.at, seconds=True),
        iso=event.at.isoformat(),
        actor=line.actor,
        text=line.text,
        sub=line.sub,
        deliveries="",
        open_deliveries="",
        retry=None,
        same_act=same_act,
    )


def _pager(event_page: EventPage, values: Mapping[str, str], url: str) -> Pager:
    number = len(event_page.events)
    text = ngettext("%(number)d event on this page", "%(number)d events on this page", number)
    newer, older = (
        query_string.with_values(url, {**values, name: str(row)}) if row else ""
        for name, row in (("after", event_page.newer), ("before", event_page.older))
    )
    return Pager(text % {"number": number}, newer, older)
