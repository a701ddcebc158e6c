"""Auditors read events of all customers that their rights cover, and those of the supplier."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from audit.foundation import db
from audit.foundation.actor import Actor
from audit.log import ledger
from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity import meanings
from delegation.activity.events import EventView
from delegation.activity.meanings import OF_STAFF, LogReach
from delegation.authorization.event_types import Observation, event_types
from delegation.authorization.verbs import Topic, Verb
from delegation.catalogue.models import CatalogueProposal
from identity.staff.models import StaffIdentity

PAGE_SIZE = 50
_NEWEST = ("-at", "-place", "-id")
_BREAK_GLASS = [
    str(one) for one in (*Verb, *Observation) if one.startswith("break_glass.") or one is Verb.OWNER_APPOINT
]

_PROPOSALS = [Verb.CATALOGUE_PROPOSE.value, Verb.CATALOGUE_REFUSE.value]
_READINGS = [Observation.CUSTOMER_DATA_READ.value, Observation.SUPPLIER_LOG_READ.value]
LONGEST = dt.timedelta(seconds=5)
"""No statement of a search runs longer: a rare event among those of years is found faster within fewer days."""


class Kind(StrEnum):
    """Names what is searched; `CHANGES` leaves out the results of deliveries, and sign-ins that succeeded."""

    CHANGES = "changes"
    REFUSALS = "refusals"
    STAFF = "staff"
    """What the supplier's staff changed."""
    READINGS = "readings"
    """What the supplier's staff read."""
    BREAK_GLASS = "break_glass"
    FOUR_EYES = "four_eyes"
    """What two people decided: proposed catalogue files, and what was applied with a second person."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Search:
    """Describes searched events: all conditions together, within `since` and `until`, and the position as in a list.

    Texts name people by name, address or id, customers by what finds them; an actor also a kind, such as `system`.
    """

    since: dt.datetime
    until: dt.datetime
    kind: Kind = Kind.CHANGES
    text: str = ""
    actor: str = ""
    organization: str = ""
    subject: str = ""
    verbs: Collection[str] | None = None
    before: uuid.UUID | None = None
    after: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """Holds an event and the customer in whose log it stands; None in the supplier's own."""

    event: EventView
    organization: uuid.UUID | None
    chain: uuid.UUID

    @property
    def is_of_supplier(self) -> bool:
        """Return whether it stands in the supplier's own log."""
        return self.chain == ledger.SUPPLIER


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """Holds events, newest first, and the ids that the next pages start from."""

    events: Sequence[LoggedEvent] = ()
    newer: uuid.UUID | None = None
    older: uuid.UUID | None = None
    is_cut: bool = False
    """Whether a text means more people or customers than are looked at."""

    @property
    def has_own_log(self) -> bool:
        """Return whether an event of no customer is among them."""
        return any(row.organization is None for row in self.events)


def find(*, actor: Actor, at: dt.datetime, search: Search, size: int = 0) -> FoundEvents:
    """Read one page of the events that the search means, `PAGE_SIZE` of them where no size is given.

    Six statements, and up to three more for each text. Raises TooSlow after `LONGEST`.
    """
    with db.too_slow_after(longest=LONGEST):
        return _find(actor, at, search, size)


def _find(actor: Actor, at: dt.datetime, search: Search, size: int) -> FoundEvents:
    reach = meanings.reach_of(actor=actor, at=at)
    sources, is_cut = _sources(reach, search)
    page = db.keyset(
        rows=sources, order=_NEWEST, after=search.before, before=search.after, size=size or PAGE_SIZE
    )
    views = activity_events.read_events(rows=page.rows)
    events = [
        LoggedEvent(view, row.organization, row.chain) for view, row in zip(views, page.rows, strict=True)
    ]
    return FoundEvents(events=events, newer=page.previous, older=page.next, is_cut=is_cut)


def matching(*, reach: LogReach, search: Search) -> QuerySet[Event]:
    """Filter by scope, time, kind and verb, without the texts."""
    rows = Event.objects.filter(_visible(reach), at__gte=search.since, at__lt=search.until)
    if search.verbs is not None:
        rows = rows.filter(verb__in=search.verbs)
    elif search.kind is Kind.CHANGES:
        rows = rows.exclude(verb__in=_routine())
    return _of_kind(rows, search.kind)


def _visible(reach: LogReach) -> Q:
    """Match the customers' logs; an auditor of the whole supplier sees its own log and its staff's too."""
    if reach.has_own_log:
        staff = StaffIdentity.objects.values("user")  # few rows; the users of all directories are many
        return Q(organization__isnull=False) | Q(chain=ledger.SUPPLIER) | Q(chain__in=staff)
    return Q(organization__in=reach.organizations.order_by().values("pk"))


def _of_kind(rows: QuerySet[Event], kind: Kind) -> QuerySet[Event]:
    """Narrow to one kind; the conditions are those of the indexes of rare events."""
    if kind is Kind.REFUSALS:
        return rows.filter(outcome=Event.Outcome.REFUSED)
    if kind is Kind.STAFF:
        return rows.filter(actor_kind__in=OF_STAFF, outcome=Event.Outcome.DONE)
    if kind is Kind.READINGS:
        return rows.filter(actor_kind__in=OF_STAFF, verb__in=_READINGS)
    if kind is Kind.BREAK_GLASS:
        return rows.filter(chain=ledger.SUPPLIER, verb__in=_BREAK_GLASS)
    if kind is Kind.FOUR_EYES:
        agreed = CatalogueProposal.objects.filter(state=CatalogueProposal.State.APPLIED).values("decided_act")
        second = Q(verb=Verb.CATALOGUE_APPLY, act__in=agreed)
        return rows.filter(Q(verb__in=_PROPOSALS) | second, chain=ledger.SUPPLIER)
    return rows


def _routine() -> list[str]:
    """List what happens by the thousand and changes nothing."""
    often = [Observation.SIGN_IN_SUCCEEDED, Observation.SESSION_REAUTHENTICATED]
    return [*event_types(Topic.SYSTEMS), *event_types(Topic.MAILS), *map(str, often)]


def _sources(reach: LogReach, search: Search) -> tuple[list[QuerySet[Any]], bool]:
    """Return querysets that share no event: each is read by its own index, and one OR of them would scan all rows."""
    rows: QuerySet[Any] = matching(reach=reach, search=search).annotate(place=Coalesce("seq", 0))
    cut = []
    if search.actor:
        kind, means = meanings.actor_kind(search.actor), meanings.people(reach=reach, text=search.actor)
        rows = rows.filter(actor_kind=kind) if kind else rows.filter(actor__in=means.users)
        cut.append(means.is_cut and not kind)
    if search.organization:
        found = meanings.customers(reach=reach, text=search.organization)
        rows = rows.filter(organization__in=found.organizations)
        cut.append(found.is_cut)
    if search.subject:
        about = meanings.anything(reach=reach, text=search.subject)
        rows = rows.filter(subject__in=about.subjects)
        cut.append(about.is_cut)
    if not search.text:
        return [rows], any(cut)
    means = meanings.anything(reach=reach, text=search.text)
    others = rows.exclude(subject__in=means.subjects)
    sources = [
        rows.filter(subject__in=means.subjects),
        others.filter(actor__in=means.users),
        others.exclude(actor__in=means.users).filter(organization__in=means.organizations),
    ]
    return sources, any((*cut, means.is_cut))
