"""Sealing places each event in the log's one public order by inserting a leaf. Events never change."""

import hashlib
import uuid

from django.db import connection, transaction

from audit.models import Leaf

_SEALER_LOCK = 0x6B657973  # an arbitrary key of an advisory lock
_SELECT_INBOX = """
SELECT e.id, e.at, e.hash FROM audit_inbox i JOIN audit_event e ON e.id = i.event AND e.at = i.at
ORDER BY e.at, e.chain, e.seq, e.id LIMIT %s
"""
_INSERT_LEAVES = """
INSERT INTO audit_leaf (position, event, at, event_hash, hash)
SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::timestamptz[], %s::bytea[], %s::bytea[])
"""


def leaf_hash(*, before: bytes, position: int, event: uuid.UUID, event_hash: bytes) -> bytes:
    """Hash the leaf before with this event by SHA-256.

    The input is the hash before, the position (8 bytes, big-endian), the event's id (16 bytes) and its hash.
    """
    return hashlib.sha256(before + position.to_bytes(8, "big") + event.bytes + event_hash).digest()


def seal(*, limit: int = 2000) -> int:
    """Seal up to `limit` events in a transaction of its own. Returns 0 when none waits or another sealer works.

    One sealer at a time needs no lock on the rows: the snapshot that selects them is younger than the sealer's lock.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_SELECT_INBOX, [limit])
        events = cursor.fetchall()
        if not events:
            return 0
        leaves = _leaves(events)
        cursor.execute(_INSERT_LEAVES, [list(column) for column in zip(*leaves, strict=True)])
        cursor.execute("DELETE FROM audit_inbox WHERE event = ANY(%s)", [[row[0] for row in events]])
    return len(events)


def _leaves(events: list[tuple[uuid.UUID, object, bytes]]) -> list[tuple[object, ...]]:
    last = Leaf.objects.order_by("-position").first()
    position, previous = (last.position, bytes(last.hash)) if last else (0, b"")
    leaves: list[tuple[object, ...]] = []
    for event, at, event_hash in events:
        position += 1
        previous = leaf_hash(before=previous, position=position, event=event, event_hash=bytes(event_hash))
        leaves.append((position, event, at, bytes(event_hash), previous))
    return leaves


def seal_all() -> int:
    """Seal until the inbox is empty, and return the number of events sealed."""
    total = 0
    while sealed := seal():
        total += sealed
    return total
