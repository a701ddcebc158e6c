"""Counters of what one can do without end are rows with a MAC over their columns and their count."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.foundation import db
from audit.foundation.actor import Actor
from audit.log import authentication, canonical
from audit.log.ledger import Subject
from audit.models import Refusal

_LAST_MINUTE = dt.timedelta(minutes=59)
AUTHENTICATED = (
    "id", "actor", "actor_kind", "chain", "organization", "verb", "subject", "subject_kind", "code", "fact", "outcome",
    "minute", "count",
)  # fmt: skip
"""The columns under a counter's MAC, in its order."""
UNIQUE = ("actor", "verb", "subject", "code", "minute")
"""The columns of which no two counters have the same values."""
_COUNT_REPEATS = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::uuid[], %(seen)s::integer[], %(macs)s::bytea[]) w(id, seen, mac)
),
free AS MATERIALIZED (
    SELECT r.id, w.mac FROM audit_refusal r JOIN wanted w ON w.id = r.id AND w.seen = r.count
    FOR UPDATE OF r SKIP LOCKED
)
UPDATE audit_refusal r SET count = r.count + 1, mac = free.mac FROM free WHERE r.id = free.id RETURNING r.id
"""


@dataclass(frozen=True, slots=True)
class Repeatable:
    """Describes what one can do without end; `fact` is a name and its value.

    A repeat has the same actor, verb, subject and fact.
    """

    verb: str
    subject: Subject
    chain: uuid.UUID
    fact: tuple[str, str]
    organization: uuid.UUID | None = None


def count_repeats(*, actor: Actor, what: Sequence[Repeatable], at: dt.datetime) -> list[Repeatable]:
    """Count one more for each that was written in this hour already; return the others, for `record_repeatables`.

    Two statements, one without a repeat, each a transaction of its own that waits for no lock: a counter that another
    transaction holds or moves is among the others.
    """
    wanted = {place_of(counter_of(actor, one, at)): one for one in what}
    keys = authentication.keys_for_reading()
    minutes = {minute for *_columns, minute in wanted}
    subjects = {one.subject.id for one in what}
    found = Refusal.objects.filter(actor=actor.id, minute__in=minutes, subject__in=subjects)
    present = {row.id: row for row in found if place_of(row) in wanted and is_authentic(row, keys)}
    if not present:
        return list(what)
    seen = [row.count for row in present.values()]
    for row in present.values():
        row.count += 1
    macs = [mac_of(row) for row in present.values()]
    rows = db.fetch_all(_COUNT_REPEATS, {"ids": list(present), "seen": seen, "macs": macs})
    counted = {place_of(present[counter]) for (counter,) in rows}
    return [one for place, one in wanted.items() if place not in counted]


def counter_of(actor: Actor, one: Repeatable, at: dt.datetime) -> Refusal:
    """Return a counter of this hour that is not stored yet."""
    return new_counter(
        actor,
        chain=one.chain,
        organization=one.organization,
        verb=one.verb,
        subject=one.subject.id,
        subject_kind=one.subject.kind,
        code=one.fact[1],
        fact=one.fact[0],
        outcome="observed",
        minute=at.replace(minute=0, second=0, microsecond=0) + _LAST_MINUTE,
    )


def place_of(row: Refusal) -> tuple[Any, ...]:
    """Return what no two counters have alike."""
    return tuple(getattr(row, name) for name in UNIQUE)


def new_counter(actor: Actor, **columns: Any) -> Refusal:
    """Return a counter that is not stored yet."""
    return Refusal(actor=actor.id, actor_kind=actor.kind.value, **columns)


def mac_of(row: Refusal) -> bytes:
    """Return the MAC under the current key."""
    return authentication.mac_of(body=authenticated(row), key=authentication.current_key())


def authenticated(row: Refusal) -> bytes:
    """Return the bytes under a counter's MAC. They are never the bytes of an event."""
    *others, minute, count = (getattr(row, name) for name in AUTHENTICATED)
    texts = [None if value is None else str(value) for value in others]
    return b"audit_refusal:" + canonical.encode({"row": [*texts, canonical.format_instant(minute), count]})


def is_authentic(row: Refusal, keys: Mapping[str, bytes]) -> bool:
    """Return whether a holder of the key file wrote this counter."""
    return authentication.is_authentic(body=authenticated(row), mac=bytes(row.mac), keys=keys)
