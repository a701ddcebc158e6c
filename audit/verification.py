"""Does the log prove itself? Walks every chain and every leaf and names what does not fit.

What cannot be found from inside: a log cut off at its end, or rewritten whole. That needs a checkpoint kept outside.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection, transaction

from audit import sealing
from audit.log import ledger
from audit.models import Chain


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit: a code, the chain or `leaves`, the place, and the event."""

    code: str
    where: str
    place: int | None
    event: str

    def __str__(self) -> str:
        place = "" if self.place is None else f" at {self.place}"
        return f"{self.code}: {self.where}{place}, event {self.event}"


@dataclass(slots=True)
class Report:
    """What was read and what was found."""

    events: int = 0
    leaves: int = 0
    chains: int = 0
    findings: list[Finding] = field(default_factory=list)

    def found(self, code: str, where: object, place: int | None = None, event: object = "-") -> None:
        """Write down one finding."""
        self.findings.append(Finding(code, str(where), place, str(event)))


class _Row(NamedTuple):
    id: uuid.UUID
    at: dt.datetime
    chain: uuid.UUID
    seq: int | None
    act: uuid.UUID
    verb: str
    outcome: str
    actor_kind: str
    actor: uuid.UUID
    subject_kind: str
    subject: uuid.UUID
    organization: uuid.UUID | None
    incarnation: int
    prev: bytes | None
    hash: bytes
    body: bytes


class _Tail(NamedTuple):
    seq: int = 0
    hash: bytes = b""
    at: dt.datetime | None = None


_EVENTS = f"""
SELECT {", ".join(_Row._fields)} FROM audit_event
WHERE %(one)s::uuid IS NULL OR chain = %(one)s::uuid ORDER BY chain, seq NULLS LAST, at, id
"""  # noqa: S608 - our own names
_LEAVES = """
SELECT l.position, l.event, l.at, l.event_hash, l.hash, e.at, e.hash
FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event ORDER BY l.position, e.at
"""
_PLACELESS = """
SELECT e.id, e.chain FROM audit_event e
LEFT JOIN audit_leaf l ON l.event = e.id AND l.at = e.at
LEFT JOIN audit_inbox i ON i.event = e.id AND i.at = e.at
WHERE l.event IS NULL AND i.event IS NULL
"""
_LOST = """
SELECT i.event FROM audit_inbox i LEFT JOIN audit_event e ON e.id = i.event AND e.at = i.at WHERE e.id IS NULL
"""


def verify(*, chain: uuid.UUID | None = None) -> Report:
    """Read the whole log, or one chain of it, as it is at one moment, and report."""
    report = Report()
    with _one_moment():
        _verify_chains(report, chain)
        if chain is None:
            _verify_leaves(report)
            _verify_places(report)
    return report


@contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot, so that what is written meanwhile is seen in all tables or in none."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _stream(sql: str, params: dict[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(2000):
            yield from rows


def _verify_chains(report: Report, one: uuid.UUID | None) -> None:
    tails: dict[uuid.UUID, _Tail] = {}
    before = _Tail()
    current = None
    for columns in _stream(_EVENTS, {"one": one}):
        row = _Row(*columns)
        if row.chain != current:
            current, before = row.chain, _Tail()
            report.chains += 1
        report.events += 1
        _verify_event(report, row)
        if row.seq is not None:
            _verify_place(report, row, before)
            before = tails[row.chain] = _Tail(row.seq, bytes(row.hash), row.at)
    _verify_heads(report, tails, one)


def _verify_place(report: Report, row: _Row, before: _Tail) -> None:
    if row.seq != before.seq + 1:
        report.found("gap or change of order", row.chain, row.seq, row.id)
    elif bytes(row.prev or b"") != before.hash:
        report.found("does not follow the event before", row.chain, row.seq, row.id)
    elif before.at is not None and row.at < before.at:
        report.found("earlier than the event before", row.chain, row.seq, row.id)


def _verify_heads(report: Report, tails: dict[uuid.UUID, _Tail], one: uuid.UUID | None) -> None:
    chains = Chain.objects.all() if one is None else Chain.objects.filter(id=one)
    heads = {row.id: row for row in chains}
    for name, head in heads.items():
        if tails.get(name, _Tail()) != _Tail(head.last_seq, bytes(head.last_hash), head.last_at):
            report.found("head does not match the last event", name, head.last_seq)
    for name in tails.keys() - heads.keys():
        report.found("chain without a head", name)


def _verify_event(report: Report, row: _Row) -> None:
    body = bytes(row.body)
    if hashlib.sha256(body).digest() != bytes(row.hash):
        report.found("body changed", row.chain, row.seq, row.id)
    elif _columns(row) != _copies(body):
        report.found("column changed", row.chain, row.seq, row.id)


def _columns(row: _Row) -> dict[str, object]:
    """The columns as the body has them."""
    said = {name: _text(value) for name, value in row._asdict().items() if name not in {"hash", "body"}}
    return said | {
        "at": ledger.format_instant(row.at),
        "prev": None if row.prev is None else bytes(row.prev).hex(),
    }


def _text(value: object) -> object:
    return str(value) if isinstance(value, uuid.UUID) else value


def _copies(body: bytes) -> dict[str, object] | None:
    """What the columns should be; None for a body that is none of ours."""
    try:
        held = json.loads(body)
        of_others = {
            "actor_kind": held["actor"]["kind"],
            "actor": held["actor"]["id"],
            "subject_kind": held["subject"]["kind"],
            "subject": held["subject"]["id"],
        }
        return {name: of_others.get(name, held.get(name)) for name in _Row._fields[:-2]}
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _verify_leaves(report: Report) -> None:
    position, before = 0, b""
    for place, event, at, held, digest, actual_at, actual in _stream(_LEAVES):
        if place == position:
            report.found("event written twice", "leaves", place, event)
            continue
        report.leaves += 1
        expected = sealing.leaf_hash(before=before, position=place, event=event, event_hash=bytes(held))
        if place != position + 1:
            report.found("gap between leaves", "leaves", place, event)
        elif expected != bytes(digest) or (actual is not None and at != actual_at):
            report.found("leaf changed", "leaves", place, event)
        if actual is None:
            report.found("event deleted", "leaves", place, event)
        elif bytes(actual) != bytes(held):
            report.found("event changed after sealing", "leaves", place, event)
        position, before = place, bytes(digest)


def _verify_places(report: Report) -> None:
    for event, chain in _stream(_PLACELESS):
        report.found("neither sealed nor waiting", chain, None, event)
    for (event,) in _stream(_LOST):
        report.found("waiting event deleted", "inbox", None, event)
