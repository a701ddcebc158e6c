"""A cursor says how far the planner has read one chain. It is a free row, so it is compared with the chain's head."""

import datetime as dt
import uuid
from collections.abc import Sequence

import structlog
from django.db import connection

from audit.foundation import clock

log = structlog.get_logger(__name__)

_CREATE = "INSERT INTO provisioning_cursor (chain, seq) VALUES (%(chain)s, 0) ON CONFLICT (chain) DO NOTHING"
_READ = """
SELECT c.last_seq, k.seq FROM audit_published_chain c LEFT JOIN provisioning_cursor k ON k.chain = c.id
WHERE c.id = %(chain)s
"""
_RESET = "UPDATE provisioning_cursor SET seq = 0 WHERE chain = %(chain)s AND seq = %(seq)s"
_BEHIND = """
SELECT c.id FROM audit_published_chain c LEFT JOIN provisioning_cursor k ON k.chain = c.id
WHERE c.last_seq > 0 AND c.last_seq <> coalesce(k.seq, 0) ORDER BY c.last_at LIMIT %(limit)s
"""
# The head and the events up to it commit together, so what this statement sees is all that it skips. It counts where
# EXISTS would do: for EXISTS the database may read a month's events whole.
_SKIP_IDLE = """
INSERT INTO provisioning_cursor AS k (chain, seq)
SELECT behind.id, behind.last_seq FROM (
    SELECT c.id, c.last_seq, coalesce(k.seq, 0) AS seq
    FROM audit_published_chain c LEFT JOIN provisioning_cursor k ON k.chain = c.id
    WHERE c.last_seq > 0 AND c.last_seq > coalesce(k.seq, 0) ORDER BY c.last_at LIMIT %(limit)s
) behind
WHERE (
    SELECT count(*) FROM audit_published_event e
    WHERE e.chain = behind.id AND e.seq > behind.seq AND e.outcome = 'done' AND e.verb <> ALL(%(idle)s)) = 0
ORDER BY behind.id
ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq WHERE k.seq < excluded.seq
"""
_BEYOND_HEAD = """
SELECT EXISTS (SELECT FROM provisioning_cursor k JOIN audit_published_chain c ON c.id = k.chain AND k.seq > c.last_seq)
"""

_OLDEST_UNREAD = """
SELECT min(e.at) FROM (
    SELECT c.id, coalesce(k.seq, 0) AS seq FROM audit_published_chain c
    LEFT JOIN provisioning_cursor k ON k.chain = c.id
    WHERE c.last_seq > coalesce(k.seq, 0) ORDER BY c.last_at LIMIT 100
) behind
JOIN LATERAL (SELECT at FROM audit_published_event WHERE chain = behind.id AND seq = behind.seq + 1 LIMIT 1) e ON true
"""


def position(*, chain: uuid.UUID) -> int | None:
    """Return how far this chain has been read; None without such a chain. One statement, two for a new cursor.

    A cursor beyond the head would hide the events that follow, so it starts again: reading a chain twice is harmless.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"chain": chain})
        row = cursor.fetchone()
        if row is None:
            return None
        head, seq = row
        if seq is None:
            cursor.execute(_CREATE, {"chain": chain})
        elif seq > head:
            log.error("planner.cursor_beyond_head", chain=str(chain), cursor=seq, head=head)
            cursor.execute(_RESET, {"chain": chain, "seq": seq})
            return 0
        return int(seq or 0)


def behind(*, limit: int) -> list[uuid.UUID]:
    """Find the chains with unread events, or with a cursor beyond the head."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, {"limit": limit})
        return [row[0] for row in cursor.fetchall()]


def skip_idle(*, idle: Sequence[str], limit: int = 10_000) -> int:
    """Move the cursors of chains whose unread events are all of these verbs. Returns how many; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_SKIP_IDLE, {"idle": list(idle), "limit": limit})
        return int(cursor.rowcount)


def planning_lag() -> float:
    """Measure the seconds since the oldest event that is not planned, of 100 chains at most; 0.0 without one."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_UNREAD)
        at: dt.datetime | None = cursor.fetchone()[0]
        return (clock.now() - at).total_seconds() if at else 0.0


def any_beyond_head() -> bool:
    """Check whether a cursor says that more was read than the chain has."""
    with connection.cursor() as cursor:
        cursor.execute(_BEYOND_HEAD)
        return bool(cursor.fetchone()[0])
