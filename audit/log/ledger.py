"""This module alone writes the log: events that continue a chain, and events beside it."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from audit import personal_data
from audit.foundation import ids
from audit.foundation.actor import Actor
from audit.foundation.key_files import Key
from audit.log import authentication, canonical
from audit.models import Chain
from audit.personal_data import PersonalValue

SUPPLIER = uuid.UUID("00000000-0000-7000-8000-000000000002")
"""The id of the supplier's chain."""
SCHEMA = 1

Facts = Mapping[str, Any]
"""JSON of ids, codes, numbers as strings or integers, and instants. Never a name, an address, or free text."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Identifies what an event is about: a kind (`membership`, `invitation`, `user`, …) and an id."""

    kind: str
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class EventDraft:
    """A draft becomes an event. `personal` holds values by name; `cause` is the verb of the act that caused it.

    `id` is for what must become one event only: the database refuses the second.
    """

    verb: str
    subject: Subject
    outcome: str = "done"
    before: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    personal: Mapping[str, PersonalValue] = field(default_factory=dict)
    cause: str = ""
    id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class EventContext:
    """The events of one act share this context. `organization` is the one whose log shows them."""

    actor: Actor
    act: uuid.UUID
    at: dt.datetime
    organization: uuid.UUID | None = None


@dataclass(slots=True)
class ChainHead:
    """The head of a chain stays locked until the transaction ends."""

    id: uuid.UUID
    seq: int
    hash: bytes
    at: dt.datetime | None
    incarnation: int


def open_chain(*, chain: uuid.UUID, kind: Chain.Kind) -> None:
    """Create the head of a new chain; an existing one stays as it is."""
    open_chains(chains=[chain], kind=kind)


def open_chains(*, chains: Sequence[uuid.UUID], kind: Chain.Kind) -> None:
    """Create the heads of new chains; existing ones stay as they are. One statement."""
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
    """Lock the heads of these chains, ascending by id, until the transaction ends. One statement.

    Raises Chain.DoesNotExist for a chain that was never opened.
    """
    chain_ids = sorted(set(chains))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [chain_ids])
        heads = {
            row[0]: ChainHead(row[0], row[1], bytes(row[2]), row[3], row[4]) for row in cursor.fetchall()
        }
    if len(heads) != len(chain_ids):
        raise Chain.DoesNotExist
    return heads


def last_seq(*, chain: uuid.UUID) -> int:
    """Return the number of the newest event of a chain, without a lock. One statement."""
    return Chain.objects.values_list("last_seq", flat=True).get(id=chain)


class Append(NamedTuple):
    """An act appends these drafts to one of its chains, of which `head` is locked."""

    head: ChainHead
    context: EventContext
    drafts: Sequence[EventDraft]


def append(*, parts: Iterable[Append]) -> list[uuid.UUID]:
    """Append to locked chains with one insert; a trigger moves the stored heads. Returns the events' ids."""
    return _write([(part.head, part.head.id, part.context, part.drafts) for part in parts])


def insert_unchained(
    *, chain: uuid.UUID, context: EventContext, drafts: Sequence[EventDraft]
) -> list[uuid.UUID]:
    """Insert events beside the chain, without its lock; sealing orders them. Returns the events' ids."""
    return _write([(None, chain, context, drafts)])


class EventInputs(NamedTuple):
    """Holds what an insert needs, where another statement of the transaction has read it."""

    incarnation: int
    wrapped_keys: Mapping[uuid.UUID, bytes]


def insert_beside_chains(
    *,
    parts: Sequence[tuple[uuid.UUID, EventContext, Sequence[EventDraft]]],
    known: EventInputs | None = None,
) -> list[uuid.UUID]:
    """Do the same for several chains, in as many statements as for one. Returns the events' ids."""
    return _write([(None, *part) for part in parts], known)


class _Batch(NamedTuple):
    """Holds what the events of one insert share; `keys` are those of their data subjects."""

    incarnation: int
    keys: Mapping[uuid.UUID, bytes]
    mac_key: Key


def _write(
    parts: Sequence[tuple[ChainHead | None, uuid.UUID, EventContext, Sequence[EventDraft]]],
    known: EventInputs | None = None,
) -> list[uuid.UUID]:
    if not any(drafts for *_, drafts in parts):
        return []
    of_head = next((head.incarnation for head, *_ in parts if head), None)
    incarnation = of_head or (known.incarnation if known else _incarnation())
    data_subjects = set().union(*(_data_subjects(context, drafts) for *_, context, drafts in parts))
    keys = personal_data.load_keys(
        data_subjects=data_subjects, create=True, wrapped_keys=known.wrapped_keys if known else None
    )
    batch = _Batch(incarnation, keys, authentication.current_key())
    rows = [
        _row(head, chain, context, draft, batch) for head, chain, context, drafts in parts for draft in drafts
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
    return [row[0] for row in rows]


def _incarnation() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT incarnation FROM audit_installation")
        row: tuple[int] = cursor.fetchone()
    return row[0]


def _data_subjects(context: EventContext, drafts: Iterable[EventDraft]) -> set[uuid.UUID]:
    values = [value for draft in drafts for value in draft.personal.values()]
    actor = {context.actor.id} if context.actor.is_person else set()
    actor |= {context.actor.preparer} if context.actor.preparer else set()
    return actor.union(*(value.data_subjects for value in values))


def _row(
    head: ChainHead | None,
    chain: uuid.UUID,
    context: EventContext,
    draft: EventDraft,
    batch: _Batch,
) -> tuple[Any, ...]:
    """Return the columns of one event in the order of _INSERT, and move `head` on to it."""
    actor = context.actor
    seq, prev = (head.seq + 1, head.hash) if head else (None, None)
    link = _ChainLink(draft.id or ids.uuid7(), chain, seq, prev, batch.incarnation)
    body = canonical.encode(_body(link, context, draft, batch.keys))
    digest = hashlib.sha256(body).digest()
    if head:
        head.seq, head.hash = head.seq + 1, digest
    return (
        link.event, context.at, chain, seq, context.act, draft.verb, draft.outcome, actor.kind.value, actor.id,
        draft.subject.kind, draft.subject.id, context.organization, batch.incarnation, prev, digest, body,
        authentication.mac_of(body=body, key=batch.mac_key),
    )  # fmt: skip


class _ChainLink(NamedTuple):
    """Holds the place of an event in its chain; `seq` and `prev` are None for an event outside the chain."""

    event: uuid.UUID
    chain: uuid.UUID
    seq: int | None
    prev: bytes | None
    incarnation: int


def _body(
    link: _ChainLink, context: EventContext, draft: EventDraft, keys: Mapping[uuid.UUID, bytes]
) -> dict[str, Any]:
    """Return everything that is hashed, in one place."""
    organization = context.organization
    personal = {**draft.personal, **_personal_values_of(context.actor)}
    return {
        "schema": SCHEMA,
        "id": str(link.event),
        "incarnation": link.incarnation,
        "chain": str(link.chain),
        "seq": link.seq,
        "prev": None if link.prev is None else link.prev.hex(),
        "at": canonical.format_instant(context.at),
        "act": str(context.act),
        "verb": draft.verb,
        "outcome": draft.outcome,
        "actor": _actor_json(context.actor),
        "subject": {"kind": draft.subject.kind, "id": str(draft.subject.id)},
        "organization": str(organization) if organization else None,
        "cause": draft.cause,
        "before": dict(draft.before),
        "after": dict(draft.after),
        "facts": dict(draft.facts),
        "personal": {
            name: personal_data.encrypt(value=personal[name], keys=keys) for name in sorted(personal)
        },
    }


def _actor_json(actor: Actor) -> dict[str, Any]:
    return {
        "kind": actor.kind.value,
        "id": str(actor.id),
        "channel": actor.channel.value,
        "request_id": actor.request_id,
        **({"preparer": str(actor.preparer)} if actor.preparer else {}),
    }


def _personal_values_of(actor: Actor) -> dict[str, PersonalValue]:
    texts = (
        {personal_data.ACTOR_LABEL: actor.label, "actor.address": actor.address} if actor.is_person else {}
    )
    values = {name: PersonalValue(text, (actor.id,)) for name, text in texts.items() if text}
    if actor.preparer and actor.preparer_label:
        values[personal_data.PREPARER_LABEL] = PersonalValue(actor.preparer_label, (actor.preparer,))
    return values


_COLUMNS = {
    "id": "uuid", "at": "timestamptz", "chain": "uuid", "seq": "bigint", "act": "uuid", "verb": "text",
    "outcome": "text", "actor_kind": "text", "actor": "uuid", "subject_kind": "text", "subject": "uuid",
    "organization": "uuid", "incarnation": "integer", "prev": "bytea", "hash": "bytea", "body": "bytea",
    "mac": "bytea",
}  # fmt: skip
_INSERT = "INSERT INTO audit_event ({}) SELECT * FROM unnest({})".format(  # noqa: S608 - constants of this module
    ", ".join(_COLUMNS), ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
)
