"""An organization's log is read newest first, as codes and data; channels word the sentences."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from audit.foundation import db
from audit.log import authentication
from audit.models import Chain, Event
from delegation.activity import delivery_results, sign_in_events
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.activity.scope import LogScope

PAGE_SIZE = 50
_EXAMINED = 10
_NEWEST = ("-at", "-place", "-id")


@dataclass(frozen=True, slots=True)
class EventFilter:
    """A filter searches events and holds the position: older than `before`, or newer than `after` (ids of events)."""

    people: Collection[uuid.UUID] | None = None
    """Users; events about their memberships count too."""
    invitations: Collection[uuid.UUID] = ()
    """Besides `people`."""
    verbs: Collection[str] | None = None
    outcome: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    """Events at this instant are left out."""
    hide_prompt_deliveries: bool = False
    """Leave out deliveries that are shown with their act (`delivery_results`)."""
    before: uuid.UUID | None = None
    after: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Holds events, newest first, and the ids that the next pages start from."""

    events: Sequence[EventView]
    newer: uuid.UUID | None
    older: uuid.UUID | None


def _sources(scope: LogScope, filters: EventFilter) -> list[QuerySet[Event]]:
    """Return the scope's matching events, and those of its members' own sign-ins where the filters include them.

    Each uses its own index; one condition over both would scan all rows.
    """
    rows = scope.events()
    if filters.people is not None:
        memberships = scope.memberships.filter(user__in=filters.people)
        about = [*filters.people, *memberships.values_list("id", flat=True), *filters.invitations]
        rows = rows.filter(Q(subject__in=about) | Q(actor__in=filters.people))
    own = sign_in_events.own_sign_ins(scope=scope, people=filters.people, verbs=filters.verbs)
    return [_matching(source, filters) for source in (rows, own) if source is not None]


def _matching(rows: QuerySet[Event], filters: EventFilter) -> QuerySet[Event]:
    if filters.verbs is not None:
        rows = rows.filter(verb__in=filters.verbs)
    if filters.since is not None:
        rows = rows.filter(at__gte=filters.since)
    if filters.until is not None:
        rows = rows.filter(at__lt=filters.until)
    rows = _with_place(rows.filter(outcome=filters.outcome) if filters.outcome else rows)
    return delivery_results.without_prompt_deliveries(rows) if filters.hide_prompt_deliveries else rows


def _with_place(rows: QuerySet[Event]) -> QuerySet[Event]:
    return rows.annotate(place=Coalesce("seq", 0))


def page(*, scope: LogScope, filters: EventFilter, size: int = PAGE_SIZE) -> EventPage:
    """Read one page. Six statements at most, and three more with events of members' own sign-ins.

    Events of one act share its instant: they are ordered by their place in the chain, then by id.
    """
    sources = _sources(scope, filters)
    page_rows = db.keyset(rows=sources, order=_NEWEST, after=filters.before, before=filters.after, size=size)
    return EventPage(
        events=activity_events.read_events(rows=page_rows.rows),
        newer=page_rows.previous,
        older=page_rows.next,
    )


def about_member(*, organization: uuid.UUID, membership: uuid.UUID, limit: int) -> list[EventView]:
    """Read the newest events about one member, without prompt deliveries. Four statements at most."""
    rows = delivery_results.without_prompt_deliveries(
        _with_place(Event.objects.filter(organization=organization, subject=membership))
    )
    return activity_events.read_events(rows=list(rows.order_by(*_NEWEST)[:limit]))


def of_act(*, organization: uuid.UUID, act: uuid.UUID, verb: str) -> list[EventView]:
    """Read the events of this act with this verb, in the order of the chain."""
    rows = Event.objects.filter(organization=organization, act=act, verb=verb, outcome=Event.Outcome.DONE)
    return _authentic(rows.order_by("seq"))


def acts_of(
    *, organization: uuid.UUID, actor: uuid.UUID, verb: str, among: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Read which of these acts this actor did with this verb. One statement."""
    rows = Event.objects.filter(
        organization=organization, act__in=among, verb=verb, outcome=Event.Outcome.DONE, actor=actor
    )
    mac_keys = authentication.keys_for_reading()
    return {
        row.act for row in rows if activity_events.authentic_content(row=row, mac_keys=mac_keys) is not None
    }


def latest(*, organization: uuid.UUID, membership: uuid.UUID, verb: str) -> EventView | None:
    """Read the latest event of this verb about this member. Four statements at most."""
    rows = Event.objects.filter(
        organization=organization, subject=membership, verb=verb, outcome=Event.Outcome.DONE
    )
    return next(iter(_authentic(rows.order_by("-at", "-id")[:_EXAMINED])), None)


def latest_of_each(
    *, organization: uuid.UUID, memberships: Collection[uuid.UUID], verb: str
) -> dict[uuid.UUID, EventView]:
    """Read the latest event of this verb about each of these members. Four statements at most, none for no members."""
    if not memberships:
        return {}
    rows = Event.objects.filter(
        organization=organization, subject__in=memberships, verb=verb, outcome=Event.Outcome.DONE
    )
    return {event.subject: event for event in _authentic(rows.order_by("at", "id"))}


def _authentic(rows: QuerySet[Event]) -> list[EventView]:
    """Leave out events that are not authentic: their bodies say nothing. The log's page names them."""
    return [event for event in activity_events.read_events(rows=list(rows)) if event.is_authentic]


def count(*, organization: uuid.UUID) -> int:
    """Read the number of events from the chain's head, not by counting. One statement."""
    return Chain.objects.filter(id=organization).values_list("last_seq", flat=True).first() or 0
