"""Reading an organization's log: newest first, with what was written in clear; words are made where it is shown."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from audit import personal
from audit.models import Chain, Event
from delegation.models import Invitation
from identity.models import Membership

SIZE = 50


@dataclass(frozen=True, slots=True)
class Told:
    """One event. `user` is the person it is about, where it is about one; `private` what could be unsealed."""

    id: uuid.UUID
    at: dt.datetime
    act: uuid.UUID
    verb: str
    outcome: str
    seq: int | None
    actor_kind: str
    actor: uuid.UUID
    subject_kind: str
    subject: uuid.UUID
    user: uuid.UUID | None
    email: str
    because: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    facts: Mapping[str, Any]
    private: Mapping[str, str]
    prev: str
    hash: str
    sound: bool
    """Whether the hash is that of what was written."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which events, and from where on: older than `before`, or newer than `after` (ids of events)."""

    people: Collection[uuid.UUID] | None = None
    """Users; with their memberships."""
    verbs: Collection[str] | None = None
    outcome: str = ""
    before: uuid.UUID | None = None
    after: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and where it goes on."""

    events: Sequence[Told]
    newer: uuid.UUID | None
    older: uuid.UUID | None


def matching(*, organization: uuid.UUID, wish: Wish) -> QuerySet[Event]:
    """The organization's events that fit."""
    rows = Event.objects.filter(organization=organization)
    if wish.people is not None:
        theirs = Membership.objects.filter(organization=organization, user__in=wish.people)
        about = [*wish.people, *theirs.values_list("id", flat=True)]
        rows = rows.filter(Q(subject__in=about) | Q(actor__in=wish.people))
    if wish.verbs is not None:
        rows = rows.filter(verb__in=wish.verbs)
    return rows.filter(outcome=wish.outcome) if wish.outcome else rows


def page(*, organization: uuid.UUID, wish: Wish, size: int = SIZE) -> Page:
    """One page. Six statements at most."""
    rows = matching(organization=organization, wish=wish)
    backwards = wish.after is not None
    anchor = _anchor(organization, wish.after or wish.before)
    if anchor is not None:
        rows = rows.filter(_beyond(anchor, newer=backwards))
    order = ("at", "id") if backwards else ("-at", "-id")
    found = list(rows.order_by(*order)[: size + 1])
    more, shown = len(found) > size, found[:size]
    if backwards:
        shown.reverse()
    first, last = (shown[0].id, shown[-1].id) if shown else (None, None)
    return Page(
        events=told(rows=shown),
        newer=first if (more if backwards else anchor is not None) else None,
        older=last if (backwards or more) else None,
    )


def _anchor(organization: uuid.UUID, event: uuid.UUID | None) -> Event | None:
    return Event.objects.filter(organization=organization, id=event).first() if event is not None else None


def _beyond(anchor: Event, *, newer: bool) -> Q:
    if newer:
        return Q(at__gt=anchor.at) | Q(at=anchor.at, id__gt=anchor.id)
    return Q(at__lt=anchor.at) | Q(at=anchor.at, id__lt=anchor.id)


def about(*, organization: uuid.UUID, membership: uuid.UUID, most: int) -> list[Told]:
    """The newest events about one colleague. Four statements at most."""
    rows = Event.objects.filter(organization=organization, subject=membership)
    return told(rows=list(rows.order_by("-at", "-id")[:most]))


def of_act(*, organization: uuid.UUID, act: uuid.UUID, verb: str) -> list[Told]:
    """What this act did by this verb to its subjects, in the order of the chain."""
    rows = Event.objects.filter(organization=organization, act=act, verb=verb, outcome=Event.Outcome.DONE)
    return told(rows=list(rows.order_by("seq")))


def last(*, organization: uuid.UUID, membership: uuid.UUID, verb: str) -> Told | None:
    """The latest time this was done to this colleague. Four statements at most."""
    rows = Event.objects.filter(
        organization=organization, subject=membership, verb=verb, outcome=Event.Outcome.DONE
    )
    return next(iter(told(rows=list(rows.order_by("-at", "-id")[:1]))), None)


def numbers(*, acts: Collection[uuid.UUID], subject: uuid.UUID) -> dict[uuid.UUID, int]:
    """The place in the chain of what each of these acts did to this subject. One statement."""
    rows = Event.objects.filter(subject=subject, act__in=list(acts), seq__isnull=False)
    return {act: seq for act, seq in rows.values_list("act", "seq") if seq is not None}


def length(*, organization: uuid.UUID) -> int:
    """How many acts stand in the organization's chain. One statement."""
    return Chain.objects.filter(id=organization).values_list("last_seq", flat=True).first() or 0


def told(*, rows: Sequence[Event]) -> list[Told]:
    """Events with their bodies opened and their people found. Three statements at most."""
    bodies = [json.loads(bytes(row.body)) for row in rows]
    sealed = [value for body in bodies for value in body["private"].values()]
    keys = personal.keys_of(persons={uuid.UUID(one) for value in sealed for one in value["about"]})
    users = _users(rows)
    emails = _emails(rows)
    return [_told(row, body, keys, users, emails) for row, body in zip(rows, bodies, strict=True)]


def _users(rows: Sequence[Event]) -> dict[uuid.UUID, uuid.UUID]:
    ids = {row.subject for row in rows if row.subject_kind == "membership"}
    return dict(Membership.objects.filter(id__in=ids).values_list("id", "user_id")) if ids else {}


def _emails(rows: Sequence[Event]) -> dict[uuid.UUID, str]:
    ids = {row.subject for row in rows if row.subject_kind == "invitation"}
    ids |= {
        row.act for row in rows if row.subject_kind == "mail"
    }  # a mail's events stand under what it is about
    return dict(Invitation.objects.filter(id__in=ids).values_list("id", "email")) if ids else {}


def _told(
    row: Event,
    body: Mapping[str, Any],
    keys: Mapping[uuid.UUID, bytes],
    users: Mapping[uuid.UUID, uuid.UUID],
    emails: Mapping[uuid.UUID, str],
) -> Told:
    opened = {name: personal.reveal(sealed=value, keys=keys) for name, value in body["private"].items()}
    user = row.subject if row.subject_kind == "user" else users.get(row.subject)
    return Told(
        id=row.id,
        at=row.at,
        act=row.act,
        verb=row.verb,
        outcome=row.outcome,
        seq=row.seq,
        actor_kind=row.actor_kind,
        actor=row.actor,
        subject_kind=row.subject_kind,
        subject=row.subject,
        user=user,
        email=emails.get(row.subject) or emails.get(row.act) or opened.get("email") or "",
        because=body["because"],
        before=body["before"],
        after=body["after"],
        facts=body["facts"],
        private={name: text for name, text in opened.items() if text is not None},
        prev=bytes(row.prev or b"").hex(),
        hash=bytes(row.hash).hex(),
        sound=hashlib.sha256(bytes(row.body)).digest() == bytes(row.hash),
    )
