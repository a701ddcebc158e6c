"""In every chain each event continues the one before, and the head is the last one."""

import datetime as dt
import uuid
from typing import NamedTuple

from audit.foundation.snapshot import stream
from audit.models import Chain
from audit.verification.events import EventVerifier, Row
from audit.verification.report import Report


class _Tail(NamedTuple):
    seq: int = 0
    hash: bytes = b""
    at: dt.datetime | None = None


_EVENTS = f"""
SELECT {", ".join(Row._fields)} FROM audit_event
WHERE %(chain)s::uuid IS NULL OR chain = %(chain)s::uuid ORDER BY chain, seq NULLS LAST, at, id
"""  # noqa: S608 - constants of this module


def verify(report: Report, verifier: EventVerifier, *, chain: uuid.UUID | None) -> None:
    """Verify all chains, or one, with every event in and beside them."""
    tails: dict[uuid.UUID, _Tail] = {}
    before = _Tail()
    current = None
    for columns in stream(_EVENTS, {"chain": chain}):
        row = Row(*columns)
        if row.chain != current:
            current, before = row.chain, _Tail()
            report.chains += 1
        report.events += 1
        verifier.verify(row)
        if row.seq is not None:
            _verify_sequence(report, row, before)
            before = tails[row.chain] = _Tail(row.seq, bytes(row.hash), row.at)
    _verify_heads(report, tails, chain)


def _verify_sequence(report: Report, row: Row, before: _Tail) -> None:
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
