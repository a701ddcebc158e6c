"""Events are shown in a timeline, with the names they need."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity import acknowledgements, delivery_results, people_in_events
from delegation.activity.acknowledgements import MergedEvents
from delegation.activity.delivery_results import DeliveryResult
from delegation.activity.events import EventView
from delegation.catalogue.display_names import DisplayNames
from portal.shell import unconfirmed as shell_unconfirmed
from portal.shell.page_context import PageContext
from portal.shell.unconfirmed import OpenRemoval
from portal.wording import dates
from portal.wording.events import EventLine, EventWording


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Describes an event for `kh.timeline`; `text` may hold markup, and `deliveries` open in place."""

    at: str
    iso: str
    text: str
    deliveries: str = ""


def event_wording(
    organization: uuid.UUID,
    events: Sequence[EventView],
    names: DisplayNames,
    clock: dates.Clock | None = None,
) -> EventWording:
    """Return the wording of these events; without a clock, it leaves out end dates. One statement at most."""
    missing = people_in_events.missing(events=events)
    people = people_in_events.shown_names(users=missing, organization=organization)
    return EventWording(names, people, clock)


def timeline(
    page: PageContext, events: Sequence[EventView], names: DisplayNames, clock: dates.Clock
) -> list[TimelineEvent]:
    """Return the events with the results of their deliveries. Three statements; two more with an open removal."""
    merged = acknowledgements.merge(organization=page.organization_id, events=events)
    events, wording = merged.events, merged_wording(page.organization_id, merged, names, clock)
    results = delivery_results.for_events(organization=page.organization_id, events=events)
    unconfirmed = shell_unconfirmed.by_act(page, events, clock)
    return [
        _timeline_event(
            event,
            event_line(wording, event, merged.answered.get(event.id, ()), clock),
            wording,
            results.get(event.id, ()),
            unconfirmed.get(event.act),
            clock,
        )
        for event in events
    ]


def merged_wording(
    organization: uuid.UUID, merged: MergedEvents, names: DisplayNames, clock: dates.Clock
) -> EventWording:
    """Return the wording of these events and of the acts that they answer. One statement at most."""
    answered = [act for acts in merged.answered.values() for act in acts]
    return event_wording(organization, [*merged.events, *answered], names, clock)


def event_line(
    wording: EventWording, event: EventView, answered: Sequence[EventView], clock: dates.Clock
) -> EventLine:
    """Return the sentence of an event; under an acknowledgement of several acts, each of them stands with its time."""
    line = wording.sentence_for(event)
    if not answered:
        return line
    acts = [
        _("%(act)s, %(time)s") % {"act": _act(wording, act), "time": clock.time(act.at, seconds=True)}
        for act in answered
    ]
    text = ngettext(
        "Answers %(number)d request: %(acts)s", "Answers %(number)d requests: %(acts)s", len(acts)
    )
    answers = text % {"number": len(acts), "acts": "; ".join(acts)}
    return replace(line, sub=f"{line.sub}. {answers}" if line.sub else answers)


def _act(wording: EventWording, act: EventView) -> str:
    line = wording.sentence_for(act)
    return f"{line.actor} {line.text}" if line.actor else line.text


def _timeline_event(
    event: EventView,
    line: EventLine,
    wording: EventWording,
    results: Sequence[DeliveryResult],
    unconfirmed: OpenRemoval | None,
    clock: dates.Clock,
) -> TimelineEvent:
    sentence = (
        format_html("<b>{}</b> {}", line.actor, line.text) if line.actor else format_html("{}", line.text)
    )
    late = unconfirmed.text if unconfirmed else wording.not_updated(results)
    notes = ((note,) for note in (line.sub, late) if note)
    text = format_html("{}{}", sentence, format_html_join("", '<span class="kh-sub">{}</span>', notes))
    return TimelineEvent(
        at=dates.first_upper(clock.when(event.at)),
        iso=event.at.isoformat(),
        text=text,
        deliveries=wording.deliveries(results),
    )


def short_hash(digest: str) -> str:
    """Return the beginning of a hash, enough to compare by eye: `9f2c 71e0`."""
    return f"{digest[:4]} {digest[4:8]}" if digest else ""
