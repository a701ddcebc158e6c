"""Gives events their place in the log's one public order by adding a leaf each. Events are never touched."""

import hashlib
import uuid

from django.db import connection, transaction

from audit.models import Leaf

_ONE_SEALER = 0x6B657973  # an advisory lock of our own; any constant will do
_SELECT_INBOX = """
SELECT e.id, e.at, e.hash FROM audit_inbox i JOIN audit_event e ON e.id = i.event AND e.at = i.at
ORDER BY e.at, e.chain, e.seq, e.id LIMIT %s
"""
_INSERT_LEAVES = """
INSERT INTO audit_leaf (position, event, at, event_hash, hash)
SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::timestamptz[], %s::bytea[], %s::bytea[])
"""


def leaf_hash(*, before: bytes, position: int, event: uuid.UUID, event_hash: bytes) -> bytes:
    """SHA-256 over the leaf before, this place, and this event."""
    return hashlib.sha256(before + position.to_bytes(8, "big") + event.bytes + event_hash).digest()


def seal(*, limit: int = 2000) -> int:
    """Seal up to `limit` events; 0 when there is nothing to do or another sealer is at work.

    One sealer at a time needs no lock on the rows; the snapshot of what is taken is younger than the lock.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ONE_SEALER])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_SELECT_INBOX, [limit])
        taken = cursor.fetchall()
        if not taken:
            return 0
        leaves = _leaves(taken)
        cursor.execute(_INSERT_LEAVES, [list(column) for column in zip(*leaves, strict=True)])
        cursor.execute("DELETE FROM audit_inbox WHERE event = ANY(%s)", [[row[0] for row in taken]])
    return len(taken)


def _leaves(taken: list[tuple[uuid.UUID, object, bytes]]) -> list[tuple[object, ...]]:
    last = Leaf.objects.order_by("-position").first()
    position, before = (last.position, bytes(last.hash)) if last else (0, b"")
    leaves: list[tuple[object, ...]] = []
    for event, at, digest in taken:
        position += 1
        before = leaf_hash(before=before, position=position, event=event, event_hash=bytes(digest))
        leaves.append((position, event, at, bytes(digest), before))
    return leaves


def seal_all() -> int:
    """Seal until the inbox is empty. Returns how many were sealed."""
    total = 0
    while sealed := seal():
        total += sealed
    return total
