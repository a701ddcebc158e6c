"""Events as templates take them, with the names they need."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join

from delegation.activity import delivery_results, names
from delegation.activity.events import EventView
from delegation.catalogue.display_names import DisplayNames
from portal.shell.page_context import PageContext
from portal.wording import dates
from portal.wording.events import EventWording


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """An event as `kh.timeline` draws it; `text` may hold markup."""

    at: str
    iso: str
    text: str


def event_wording(
    events: Sequence[EventView], book: DisplayNames, clock: dates.Clock | None = None
) -> EventWording:
    """Says until when access lasts where it has a clock. One statement."""
    ids = {event.actor for event in events} | {event.user for event in events if event.user}
    return EventWording(book, names.display_names(ids=ids), clock)


def timeline(
    page: PageContext, events: Sequence[EventView], book: DisplayNames, clock: dates.Clock
) -> list[TimelineEvent]:
    """The events with the results of their deliveries. Two statements at most."""
    told_by = event_wording(events, book, clock)
    answers = delivery_results.for_events(organization=page.organization_id, events=events)
    return [_moment(event, told_by, told_by.deliveries(answers.get(event.id, ())), clock) for event in events]


def _moment(event: EventView, told_by: EventWording, told: str, clock: dates.Clock) -> TimelineEvent:
    line = told_by.tell(event)
    said = format_html("<b>{}</b> {}", line.actor, line.text) if line.actor else format_html("{}", line.text)
    subs = format_html_join("", '<span class="kh-sub">{}</span>', ((sub,) for sub in (line.sub, told) if sub))
    text = format_html("{}{}", said, subs)
    return TimelineEvent(dates.first_upper(clock.when(event.at)), event.at.isoformat(), text)


def short(digest: str) -> str:
    """`9f2c 71e0`: enough to compare by eye."""
    return f"{digest[:4]} {digest[4:8]}" if digest else ""
