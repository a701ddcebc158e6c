"""Reading an organization's log: newest first, with what was written in clear; words are made where it is shown."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from audit.foundation import db
from audit.models import Chain, Event
from delegation.activity import delivery_results, sign_in_events
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership

SIZE = 50
_NEWEST = ("-at", "-place", "-id")


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events, and from where on: older than `before`, or newer than `after` (ids of events)."""

    people: Collection[uuid.UUID] | None = None
    """Users; with their memberships."""
    invitations: Mapping[uuid.UUID, dt.datetime] = field(default_factory=dict)
    """Besides `people`: by id, with the instant of the invitation, whose own event is one of the organization."""
    verbs: Collection[str] | None = None
    outcome: str = ""
    folded: bool = False
    """Without deliveries that arrived in time: they are told with the act (`delegation.activity.delivery_results`)."""
    before: uuid.UUID | None = None
    after: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and where it goes on."""

    events: Sequence[EventView]
    newer: uuid.UUID | None
    older: uuid.UUID | None


def _sources(organization: uuid.UUID, wish: EventFilter) -> list[QuerySet[Event]]:
    """The organization's events that fit, and what people did to their own sign-in where that is asked for.

    Each is read by an index of its own; one condition over both would read them whole.
    """
    rows = Event.objects.filter(organization=organization)
    if wish.people is not None:
        theirs = Membership.objects.filter(organization=organization, user__in=wish.people)
        about = [*wish.people, *theirs.values_list("id", flat=True), *wish.invitations]
        invited = Q(verb=Verb.MEMBER_INVITE.value, at__in=list(wish.invitations.values()))
        rows = rows.filter(Q(subject__in=about) | Q(actor__in=wish.people) | invited)
    own = sign_in_events.own_sign_ins(organization=organization, people=wish.people, verbs=wish.verbs)
    return [_fitting(source, wish) for source in (rows, own) if source is not None]


def _fitting(rows: QuerySet[Event], wish: EventFilter) -> QuerySet[Event]:
    if wish.verbs is not None:
        rows = rows.filter(verb__in=wish.verbs)
    rows = _placed(rows.filter(outcome=wish.outcome) if wish.outcome else rows)
    return delivery_results.without_prompt_deliveries(rows) if wish.folded else rows


def _placed(rows: QuerySet[Event]) -> QuerySet[Event]:
    return rows.annotate(place=Coalesce("seq", 0))


def page(*, organization: uuid.UUID, wish: EventFilter, size: int = SIZE) -> Page:
    """One page. Six statements at most, and three more where people's own sign-in is asked for.

    Events of one act share its instant: their place in the chain goes before their id.
    """
    sources = _sources(organization, wish)
    found = db.keyset(rows=sources, order=_NEWEST, after=wish.before, before=wish.after, size=size)
    return Page(events=activity_events.read_events(rows=found.rows), newer=found.previous, older=found.next)


def about(*, organization: uuid.UUID, membership: uuid.UUID, most: int) -> list[EventView]:
    """The newest events about one colleague, without deliveries that arrived in time. Four statements at most."""
    rows = delivery_results.without_prompt_deliveries(
        _placed(Event.objects.filter(organization=organization, subject=membership))
    )
    return activity_events.read_events(rows=list(rows.order_by(*_NEWEST)[:most]))


def of_act(*, organization: uuid.UUID, act: uuid.UUID, verb: str) -> list[EventView]:
    """What this act did by this verb to its subjects, in the order of the chain."""
    rows = Event.objects.filter(organization=organization, act=act, verb=verb, outcome=Event.Outcome.DONE)
    return activity_events.read_events(rows=list(rows.order_by("seq")))


def last(*, organization: uuid.UUID, membership: uuid.UUID, verb: str) -> EventView | None:
    """The latest time this was done to this colleague. Four statements at most."""
    rows = Event.objects.filter(
        organization=organization, subject=membership, verb=verb, outcome=Event.Outcome.DONE
    )
    return next(iter(activity_events.read_events(rows=list(rows.order_by("-at", "-id")[:1]))), None)


def numbers(*, acts: Collection[uuid.UUID], subject: uuid.UUID) -> dict[uuid.UUID, int]:
    """The place in the chain of what each of these acts did to this subject. One statement."""
    rows = Event.objects.filter(subject=subject, act__in=list(acts), seq__isnull=False)
    return {act: seq for act, seq in rows.values_list("act", "seq") if seq is not None}


def count(*, organization: uuid.UUID) -> int:
    """How many acts stand in the organization's chain. One statement."""
    return Chain.objects.filter(id=organization).values_list("last_seq", flat=True).first() or 0
