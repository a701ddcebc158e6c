"""Verifies every chain and every leaf of the log and names each inconsistency.

A log that was truncated at its end, or rewritten as a whole, is consistent: finding that needs a checkpoint stored
outside the database.
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
    """Describes one inconsistency of the log.

    `location` is a chain, `leaves` or `inbox`; `position` is the one in it, where there is one.
    """

    code: str
    location: str
    position: int | None
    event: str

    def __str__(self) -> str:
        position = "" if self.position is None else f" at {self.position}"
        return f"{self.code}: {self.location}{position}, event {self.event}"


@dataclass(slots=True)
class Report:
    """Counts the rows that were read, and lists the findings."""

    events: int = 0
    leaves: int = 0
    chains: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, code: str, location: object, position: int | None = None, event: object = "-") -> None:
        """Add one finding; `location` is named as in `Finding`."""
        self.findings.append(Finding(code, str(location), position, str(event)))


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
WHERE %(chain)s::uuid IS NULL OR chain = %(chain)s::uuid ORDER BY chain, seq NULLS LAST, at, id
"""  # noqa: S608 - constants of this module
_LEAVES = """
SELECT l.position, l.event, l.at, l.event_hash, l.hash, e.at, e.hash
FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event ORDER BY l.position, e.at
"""
_UNSEALED_AND_NOT_WAITING = """
SELECT e.id, e.chain FROM audit_event e
LEFT JOIN audit_leaf l ON l.event = e.id AND l.at = e.at
LEFT JOIN audit_inbox i ON i.event = e.id AND i.at = e.at
WHERE l.event IS NULL AND i.event IS NULL
"""
_WAITING_AND_DELETED = """
SELECT i.event FROM audit_inbox i LEFT JOIN audit_event e ON e.id = i.event AND e.at = i.at WHERE e.id IS NULL
"""


def verify(*, chain: uuid.UUID | None = None) -> Report:
    """Read the whole log, or one chain of it, in one snapshot."""
    report = Report()
    with _snapshot():
        _verify_chains(report, chain)
        if chain is None:
            _verify_leaves(report)
            _verify_inbox(report)
    return report


@contextmanager
def _snapshot() -> Iterator[None]:
    """Open one snapshot, so that rows written meanwhile are seen in all tables or in none.

    Inside a transaction, the caller's snapshot is used.
    """
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


def _verify_chains(report: Report, chain: uuid.UUID | None) -> None:
    tails: dict[uuid.UUID, _Tail] = {}
    before = _Tail()
    current = None
    for columns in _stream(_EVENTS, {"chain": chain}):
        row = _Row(*columns)
        if row.chain != current:
            current, before = row.chain, _Tail()
            report.chains += 1
        report.events += 1
        _verify_event(report, row)
        if row.seq is not None:
            _verify_sequence(report, row, before)
            before = tails[row.chain] = _Tail(row.seq, bytes(row.hash), row.at)
    _verify_heads(report, tails, chain)


def _verify_sequence(report: Report, row: _Row, before: _Tail) -> None:
    if row.seq != before.seq + 1:
        report.add("gap or change of order", row.chain, row.seq, row.id)
    elif bytes(row.prev or b"") != before.hash:
        report.add("does not follow the event before", row.chain, row.seq, row.id)
    elif before.at is not None and row.at < before.at:
        report.add("earlier than the event before", row.chain, row.seq, row.id)


def _verify_heads(report: Report, tails: dict[uuid.UUID, _Tail], chain: uuid.UUID | None) -> None:
    chains = Chain.objects.all() if chain is None else Chain.objects.filter(id=chain)
    heads = {row.id: row for row in chains}
    for head_id, head in heads.items():
        if tails.get(head_id, _Tail()) != _Tail(head.last_seq, bytes(head.last_hash), head.last_at):
            report.add("head does not match the last event", head_id, head.last_seq)
    for headless in tails.keys() - heads.keys():
        report.add("chain without a head", headless)


def _verify_event(report: Report, row: _Row) -> None:
    body = bytes(row.body)
    if hashlib.sha256(body).digest() != bytes(row.hash):
        report.add("body changed", row.chain, row.seq, row.id)
    elif _columns(row) != _columns_from_body(body):
        report.add("column changed", row.chain, row.seq, row.id)


def _columns(row: _Row) -> dict[str, object]:
    """Return the columns in the form that the body has."""
    columns = {name: _text(value) for name, value in row._asdict().items() if name not in {"hash", "body"}}
    return columns | {
        "at": ledger.format_instant(row.at),
        "prev": None if row.prev is None else bytes(row.prev).hex(),
    }


def _text(value: object) -> object:
    return str(value) if isinstance(value, uuid.UUID) else value


def _columns_from_body(body: bytes) -> dict[str, object] | None:
    """Return the columns that belong to this body; None for a body that the ledger cannot have written."""
    try:
        content = json.loads(body)
        nested = {
            "actor_kind": content["actor"]["kind"],
            "actor": content["actor"]["id"],
            "subject_kind": content["subject"]["kind"],
            "subject": content["subject"]["id"],
        }
        return {name: nested.get(name, content.get(name)) for name in _Row._fields[:-2]}
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _verify_leaves(report: Report) -> None:
    last, before = 0, b""
    for position, event, at, event_hash, digest, event_at, actual_hash in _stream(_LEAVES):
        if position == last:
            report.add("event written twice", "leaves", position, event)
            continue
        report.leaves += 1
        expected = sealing.leaf_hash(
            before=before, position=position, event=event, event_hash=bytes(event_hash)
        )
        if position != last + 1:
            report.add("gap between leaves", "leaves", position, event)
        elif expected != bytes(digest) or (actual_hash is not None and at != event_at):
            report.add("leaf changed", "leaves", position, event)
        if actual_hash is None:
            report.add("event deleted", "leaves", position, event)
        elif bytes(actual_hash) != bytes(event_hash):
            report.add("event changed after sealing", "leaves", position, event)
        last, before = position, bytes(digest)


def _verify_inbox(report: Report) -> None:
    for event, chain in _stream(_UNSEALED_AND_NOT_WAITING):
        report.add("neither sealed nor waiting", chain, None, event)
    for (event,) in _stream(_WAITING_AND_DELETED):
        report.add("waiting event deleted", "inbox", None, event)
