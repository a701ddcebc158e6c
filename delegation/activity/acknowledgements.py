"""One acknowledgement of a system answers every act that waited for it: the log has an event for each of these acts."""

import uuid
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.authorization.event_types import Observation


@dataclass(frozen=True, slots=True)
class MergedEvents:
    """Holds the events of a page with one for each acknowledgement, and by its id the acts that one answers.

    The event of the first act stands for the others: it holds the whole time that the system took.
    """

    events: Sequence[EventView]
    answered: Mapping[uuid.UUID, Sequence[EventView]]
    """The acts' own events, the oldest first; absent for an acknowledgement of one act."""


def merge(*, organization: uuid.UUID, events: Sequence[EventView]) -> MergedEvents:
    """Merge the events of each acknowledgement. Three statements at most, none where each answers one act."""
    groups: dict[Hashable, list[EventView]] = defaultdict(list)
    for event in events:
        groups[_key(event)].append(event)
    merged = [max(group, key=_seconds) for group in groups.values()]
    several = {
        event.id: group for event, group in zip(merged, groups.values(), strict=True) if len(group) > 1
    }
    acts = _acts(organization, [event for group in several.values() for event in group])
    answered = {
        first: [act for act in acts if (act.act, act.subject) in {(one.act, one.subject) for one in group}]
        for first, group in several.items()
    }
    return MergedEvents(merged, answered)


def _key(event: EventView) -> Hashable:
    """Return what the events of one acknowledgement share: system, member and instant. Other events stand alone."""
    if event.verb != Observation.ACCOUNT_SYNCED or not event.is_authentic or "target" not in event.facts:
        return event.id
    return event.verb, event.subject, event.at, str(event.facts["target"])


def _seconds(event: EventView) -> float:
    return float(event.facts.get("seconds") or 0)


def _acts(organization: uuid.UUID, acknowledged: Sequence[EventView]) -> list[EventView]:
    """Read the events of these acts about the acknowledged members."""
    if not acknowledged:
        return []
    rows = Event.objects.filter(
        organization=organization,
        act__in={event.act for event in acknowledged},
        subject__in={event.subject for event in acknowledged},
        outcome=Event.Outcome.DONE,
    )
    events = activity_events.read_events(rows=list(rows.order_by("at", "seq")))
    return [event for event in events if event.is_authentic]
