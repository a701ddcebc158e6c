"""The leaves have no gap, their tree is the stored one, and each event is sealed or waits in the inbox."""

import datetime as dt
import uuid
from typing import NamedTuple

from audit import merkle
from audit.foundation.snapshot import stream
from audit.verification.checkpoints import Comparison
from audit.verification.report import Report

_LEAVES = """
SELECT l.position, l.incarnation, l.event, l.at, l.event_hash, e.at, e.hash
FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event ORDER BY l.position, e.at
"""
_SUBTREES = "SELECT level, index, hash FROM audit_subtree"
_UNSEALED_AND_NOT_WAITING = """
SELECT e.id, e.chain FROM audit_event e
LEFT JOIN audit_leaf l ON l.event = e.id AND l.at = e.at
LEFT JOIN audit_inbox i ON i.event = e.id AND i.at = e.at
WHERE l.event IS NULL AND i.event IS NULL
"""
_WAITING_AND_DELETED = """
SELECT i.event FROM audit_inbox i LEFT JOIN audit_event e ON e.id = i.event AND e.at = i.at WHERE e.id IS NULL
"""


class _Row(NamedTuple):
    position: int
    incarnation: int
    event: uuid.UUID
    at: dt.datetime
    event_hash: bytes
    event_at: dt.datetime | None
    actual_hash: bytes | None


class _Tree:
    """Grows the tree again, and compares it with the stored subtrees while positions have no gap."""

    def __init__(self) -> None:
        self.frontier = merkle.Frontier()
        self._stored = {(level, index): bytes(digest) for level, index, digest in stream(_SUBTREES)}

    def append(self, report: Report, row: _Row) -> None:
        completed = self.frontier.append(bytes(row.event_hash))
        if self.frontier.size != row.position:
            return
        for level, index, digest in completed:
            if level % 8 == 0 and self._stored.pop((level, index), None) != digest:
                report.add(f"stored subtree of level {level} changed", "leaves", row.position, row.event)

    def finish(self, report: Report) -> None:
        if self._stored and self.frontier.size:
            level, index = min(self._stored)
            report.add("stored subtree without its leaves", "leaves", index << level)


def verify(report: Report, comparison: Comparison) -> None:
    """Verify all leaves with the hashes of their events, and compare the log with its checkpoints."""
    tree, last, incarnation = _Tree(), 0, 0
    for columns in stream(_LEAVES):
        row = _Row(*columns)
        if row.position == last:
            report.add("event written twice", "leaves", row.position, row.event)
            continue
        report.leaves += 1
        if row.position != last + 1:
            report.add("gap between leaves", "leaves", row.position, row.event)
        if row.incarnation < incarnation:
            report.add("incarnation lower than the leaf's before", "leaves", row.position, row.event)
        _verify_leaf(report, row)
        tree.append(report, row)
        comparison.compare(report, tree.frontier, incarnation=row.incarnation)
        last, incarnation = row.position, row.incarnation
    tree.finish(report)
    comparison.finish(report, size=tree.frontier.size)


def _verify_leaf(report: Report, row: _Row) -> None:
    if row.actual_hash is None:
        report.add("event deleted", "leaves", row.position, row.event)
    elif bytes(row.actual_hash) != bytes(row.event_hash) or row.at != row.event_at:
        report.add("leaf and event differ", "leaves", row.position, row.event)


def verify_inbox(report: Report) -> None:
    """Name events that are neither sealed nor waiting, and waiting ones that are gone."""
    for event, chain in stream(_UNSEALED_AND_NOT_WAITING):
        report.add("neither sealed nor waiting", chain, None, event)
    for (event,) in stream(_WAITING_AND_DELETED):
        report.add("waiting event deleted", "inbox", None, event)
