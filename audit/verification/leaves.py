"""Every leaf: the sealed order has no gap, and each event is sealed or waits in the inbox."""

from audit import sealing
from audit.foundation.snapshot import stream
from audit.verification.report import Report

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


def verify(report: Report) -> None:
    """Verify all leaves with the hashes of their events."""
    last, before = 0, b""
    for position, event, at, event_hash, digest, event_at, actual_hash in stream(_LEAVES):
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


def verify_inbox(report: Report) -> None:
    """Name events that are neither sealed nor waiting, and waiting ones that are gone."""
    for event, chain in stream(_UNSEALED_AND_NOT_WAITING):
        report.add("neither sealed nor waiting", chain, None, event)
    for (event,) in stream(_WAITING_AND_DELETED):
        report.add("waiting event deleted", "inbox", None, event)
