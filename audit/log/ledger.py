"""The only writer of the log."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from audit import personal_data
from audit.foundation import clock, ids
from audit.foundation.actor import Actor
from audit.models import Chain
from audit.personal_data import PersonalValue

SUPPLIER = uuid.UUID("00000000-0000-7000-8000-000000000002")
SCHEMA = 1
_EXACT = 2**53 - 1

Facts = Mapping[str, Any]
"""JSON of ids, codes, numbers as strings or integers, and instants. Never a name, an address, or free text."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about: a kind (`membership`, `invitation`, `user`, …) and an id."""

    kind: str
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class EventDraft:
    """One event to be written."""

    verb: str
    subject: Subject
    outcome: str = "done"
    before: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    private: Mapping[str, PersonalValue] = field(default_factory=dict)
    cause: str = ""


@dataclass(frozen=True, slots=True)
class EventContext:
    """What the events of one act share."""

    actor: Actor
    act: uuid.UUID
    at: dt.datetime
    organization: uuid.UUID | None = None


@dataclass(slots=True)
class ChainHead:
    """The head of a chain, locked until the transaction ends."""

    id: uuid.UUID
    seq: int
    hash: bytes
    at: dt.datetime | None
    incarnation: int


def open_chain(*, chain: uuid.UUID, kind: Chain.Kind) -> None:
    """Make the head of a new chain; nothing happens where it is there already."""
    open_chains(chains=[chain], kind=kind)


def open_chains(*, chains: Sequence[uuid.UUID], kind: Chain.Kind) -> None:
    """Make the heads of new chains, one statement however many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_chain (id, kind)"
            " SELECT id, %s FROM unnest(%s::uuid[]) AS id ON CONFLICT (id) DO NOTHING",
            [kind.value, list(chains)],
        )


_LOCK = """
SELECT id, last_seq, last_hash, last_at, (SELECT incarnation FROM audit_installation)
FROM audit_chain WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""


def lock_chains(*, chains: Iterable[uuid.UUID]) -> dict[uuid.UUID, ChainHead]:
    """Lock the heads of these chains, ascending by id, until the transaction ends.

    Raises Chain.DoesNotExist for a chain that was never opened.
    """
    wanted = sorted(set(chains))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [wanted])
        held = {row[0]: ChainHead(row[0], row[1], bytes(row[2]), row[3], row[4]) for row in cursor.fetchall()}
    if len(held) != len(wanted):
        raise Chain.DoesNotExist
    return held


def next_instant(*, held: Iterable[ChainHead]) -> dt.datetime:
    """The moment of an act: the database's clock, read after the lock, and after all that stands in its chains."""
    last = [head.at + clock.TICK for head in held if head.at is not None]
    return max([clock.now(), *last])


def format_instant(at: dt.datetime) -> str:
    """An instant as it stands in the log: UTC with microseconds."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(body: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: RFC 8785 of strings, whole numbers, true, false, null, lists and objects.

    Raises TypeError for anything else (amounts are decimal strings), ValueError for a whole number that not every
    reader of JSON holds exactly (RFC 8785 §3.2.2.3).
    """
    return json.dumps(
        _ordered(body), separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
    ).encode()


def _ordered(value: Any) -> Any:
    """Objects with their keys in the order of UTF-16 code units (RFC 8785 §3.2.3)."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if abs(value) > _EXACT:
            raise ValueError("a number too large for JSON")
        return value
    if isinstance(value, list | tuple):
        return [_ordered(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    raise TypeError(f"{type(value).__name__} does not belong into the log")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


class Append(NamedTuple):
    """What an act appends to one of the chains it holds."""

    held: ChainHead
    heading: EventContext
    entries: Sequence[EventDraft]


def append(*, parts: Iterable[Append]) -> list[uuid.UUID]:
    """Append to held chains, one insert however many; the trigger moves the heads. Returns the events' ids."""
    return _write([(part.held, part.held.id, part.heading, part.entries) for part in parts])


def insert_unchained(
    *, chain: uuid.UUID, heading: EventContext, entries: Sequence[EventDraft]
) -> list[uuid.UUID]:
    """Insert beside the chain, without its lock; the sealer gives the place."""
    return _write([(None, chain, heading, entries)])


def _write(
    parts: Sequence[tuple[ChainHead | None, uuid.UUID, EventContext, Sequence[EventDraft]]],
) -> list[uuid.UUID]:
    if not any(entries for *_, entries in parts):
        return []
    incarnation = next((held.incarnation for held, *_ in parts if held), None) or _incarnation()
    about = set().union(*(_about(heading, entries) for *_, heading, entries in parts))
    keys = personal_data.keys_of(persons=about, make=True)
    rows = [
        _row(held, chain, heading, entry, incarnation, keys)
        for held, chain, heading, entries in parts
        for entry in entries
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
    return [row[0] for row in rows]


def _incarnation() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT incarnation FROM audit_installation")
        row: tuple[int] = cursor.fetchone()
    return row[0]


def _about(heading: EventContext, entries: Iterable[EventDraft]) -> set[uuid.UUID]:
    about = {person for entry in entries for value in entry.private.values() for person in value.about}
    return about | ({heading.actor.id} if heading.actor.is_person else set())


def _row(
    held: ChainHead | None,
    chain: uuid.UUID,
    heading: EventContext,
    entry: EventDraft,
    incarnation: int,
    keys: Mapping[uuid.UUID, bytes],
) -> tuple[Any, ...]:
    actor = heading.actor
    seq, prev = (held.seq + 1, held.hash) if held else (None, None)
    place = _Position(ids.uuid7(), chain, seq, prev, incarnation)
    body = canonical(_body(place, heading, entry, keys))
    digest = hashlib.sha256(body).digest()
    if held:
        held.seq, held.hash = held.seq + 1, digest
    # The order is that of _INSERT.
    return (
        place.event, heading.at, chain, seq, heading.act, entry.verb, entry.outcome, actor.kind.value, actor.id,
        entry.subject.kind, entry.subject.id, heading.organization, incarnation, prev, digest, body,
    )  # fmt: skip


class _Position(NamedTuple):
    event: uuid.UUID
    chain: uuid.UUID
    seq: int | None
    prev: bytes | None
    incarnation: int


def _body(
    place: _Position, heading: EventContext, entry: EventDraft, keys: Mapping[uuid.UUID, bytes]
) -> dict[str, Any]:
    """Everything that is hashed, in one place."""
    organization = heading.organization
    private = {**entry.private, **_of_actor(heading.actor)}
    return {
        "schema": SCHEMA,
        "id": str(place.event),
        "incarnation": place.incarnation,
        "chain": str(place.chain),
        "seq": place.seq,
        "prev": None if place.prev is None else place.prev.hex(),
        "at": format_instant(heading.at),
        "act": str(heading.act),
        "verb": entry.verb,
        "outcome": entry.outcome,
        "actor": _actor(heading.actor),
        "subject": {"kind": entry.subject.kind, "id": str(entry.subject.id)},
        "organization": str(organization) if organization else None,
        "cause": entry.cause,
        "before": dict(entry.before),
        "after": dict(entry.after),
        "facts": dict(entry.facts),
        "private": {
            name: personal_data.encrypt(private=private[name], keys=keys) for name in sorted(private)
        },
    }


def _actor(actor: Actor) -> dict[str, Any]:
    return {
        "kind": actor.kind.value,
        "id": str(actor.id),
        "channel": actor.channel.value,
        "request": actor.request_id,
    }


def _of_actor(actor: Actor) -> dict[str, PersonalValue]:
    said = {"actor.label": actor.label, "actor.address": actor.address} if actor.is_person else {}
    return {name: PersonalValue(text, (actor.id,)) for name, text in said.items() if text}


_COLUMNS = {
    "id": "uuid", "at": "timestamptz", "chain": "uuid", "seq": "bigint", "act": "uuid", "verb": "text",
    "outcome": "text", "actor_kind": "text", "actor": "uuid", "subject_kind": "text", "subject": "uuid",
    "organization": "uuid", "incarnation": "integer", "prev": "bytea", "hash": "bytea", "body": "bytea",
}  # fmt: skip
_INSERT = "INSERT INTO audit_event ({}) SELECT * FROM unnest({})".format(  # noqa: S608 - our own constants
    ", ".join(_COLUMNS), ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
)
