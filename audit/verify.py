"""Does the log prove itself? Walks every chain and every leaf and names what does not fit.

What cannot be found from inside: a log cut off at its end, or rewritten whole. That needs a checkpoint kept outside.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from audit import ledger, sealer
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


_EVENTS = """
SELECT id, at, chain, seq, act, verb, outcome, actor_kind, actor, subject_kind, subject, organization, incarnation,
       prev, hash, body
FROM audit_event WHERE %(one)s::uuid IS NULL OR chain = %(one)s::uuid ORDER BY chain, seq NULLS LAST, at, id
"""
_LEAVES = """
SELECT l.position, l.event, l.event_hash, l.hash, e.hash
FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event AND e.at = l.at ORDER BY l.position
"""
_PLACELESS = """
SELECT e.id, e.chain FROM audit_event e
LEFT JOIN audit_leaf l ON l.event = e.id LEFT JOIN audit_inbox i ON i.event = e.id
WHERE l.event IS NULL AND i.event IS NULL
"""
_LOST = """
SELECT i.event FROM audit_inbox i LEFT JOIN audit_event e ON e.id = i.event AND e.at = i.at WHERE e.id IS NULL
"""
_COPIES = ("id", "chain", "seq", "act", "verb", "outcome", "organization", "incarnation")


def verify(*, chain: uuid.UUID | None = None) -> Report:
    """Read the whole log, or one chain of it, and report. One core reads some hundred thousand events a second."""
    report = Report()
    _verify_chains(report, chain)
    if chain is None:
        _verify_leaves(report)
        _verify_places(report)
    return report


def _stream(sql: str, params: dict[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(2000):
            yield from rows


def _verify_chains(report: Report, one: uuid.UUID | None) -> None:
    heads = {row.id: row for row in Chain.objects.all()}
    seq, prev, current = 0, b"", None
    tails: dict[uuid.UUID, tuple[int, bytes]] = {}
    for row in _stream(_EVENTS, {"one": one}):
        report.events += 1
        if row[2] != current:
            current, seq, prev = row[2], 0, b""
            report.chains += 1
        _verify_event(report, row)
        if row[3] is None:
            continue
        if row[3] != seq + 1:
            report.findings.append(Finding("gap or change of order", str(row[2]), row[3], str(row[0])))
        elif bytes(row[13] or b"") != prev:
            report.findings.append(
                Finding("does not follow the event before", str(row[2]), row[3], str(row[0]))
            )
        seq, prev = row[3], bytes(row[14])
        tails[row[2]] = (seq, prev)
    _verify_heads(report, heads, tails, one)


def _verify_heads(
    report: Report,
    heads: dict[uuid.UUID, Chain],
    tails: dict[uuid.UUID, tuple[int, bytes]],
    one: uuid.UUID | None,
) -> None:
    for name, head in heads.items():
        if one is not None and name != one:
            continue
        if tails.get(name, (0, b"")) != (head.last_seq, bytes(head.last_hash)):
            report.findings.append(
                Finding("head does not match the last event", str(name), head.last_seq, "-")
            )
    for name in tails.keys() - heads.keys():
        report.findings.append(Finding("chain without a head", str(name), None, "-"))


def _verify_event(report: Report, row: tuple[Any, ...]) -> None:
    body = bytes(row[15])
    if hashlib.sha256(body).digest() != bytes(row[14]):
        report.findings.append(Finding("body changed", str(row[2]), row[3], str(row[0])))
        return
    if _columns(row) != _copies(json.loads(body)):
        report.findings.append(Finding("column changed", str(row[2]), row[3], str(row[0])))


def _text(value: object) -> object:
    return str(value) if isinstance(value, uuid.UUID) else value


def _columns(row: tuple[Any, ...]) -> list[object]:
    at: dt.datetime = row[1]
    plain = [_text(row[i]) for i in (0, 2, 3, 4, 5, 6, 11, 12)]
    prev = bytes(row[13]).hex() if row[13] is not None else None
    return [*plain, ledger.stamp(at), row[7], str(row[8]), row[9], str(row[10]), prev]


def _copies(body: dict[str, Any]) -> list[object]:
    actor, subject = body["actor"], body["subject"]
    return [
        *[body[name] for name in _COPIES],
        body["at"],
        actor["kind"],
        actor["id"],
        subject["kind"],
        subject["id"],
        body["prev"],
    ]


def _verify_leaves(report: Report) -> None:
    position, before = 0, b""
    for place, event, held, digest, actual in _stream(_LEAVES):
        report.leaves += 1
        expected = sealer.leaf_hash(before=before, position=place, event=event, event_hash=bytes(held))
        if place != position + 1:
            report.findings.append(Finding("gap between leaves", "leaves", place, str(event)))
        elif expected != bytes(digest):
            report.findings.append(Finding("leaf changed", "leaves", place, str(event)))
        if actual is None:
            report.findings.append(Finding("event deleted", "leaves", place, str(event)))
        elif bytes(actual) != bytes(held):
            report.findings.append(Finding("event changed after sealing", "leaves", place, str(event)))
        position, before = place, bytes(digest)


def _verify_places(report: Report) -> None:
    for event, chain in _stream(_PLACELESS):
        report.findings.append(Finding("neither sealed nor waiting", str(chain), None, str(event)))
    for (event,) in _stream(_LOST):
        report.findings.append(Finding("waiting event deleted", "inbox", None, str(event)))
