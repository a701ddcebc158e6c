"""A worker is alive while its connection lives, which holds an advisory lock.

The leases of a dead worker are released at once. Its calls may still arrive, so the state of its rows is uncertain.
"""

import datetime as dt
import secrets
from collections.abc import Iterable

import psycopg
from django.db import connection as default_connection

from provisioning.delivery.leases import LeasedTable

_LOCK_CLASS = 0x6B64  # Keyholder's own number among the advisory locks
_HIGHEST = 2_000_000_000
"""Of a worker's number: the bound of whole numbers in the database."""
UNCERTAINTY = dt.timedelta(seconds=15)
"""A target may still execute the call of a dead worker for this long."""
_ALIVE = """
SELECT objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_RELEASE = """
UPDATE {table} SET leased_until = NULL, leased_by = NULL{on_release}
WHERE leased_by IS NOT NULL AND leased_by <> ALL(%(alive)s)
"""


def register(*, connection: psycopg.Connection) -> int:
    """Choose a number for this worker, unique until `connection` is closed."""
    while True:
        worker = secrets.randbelow(_HIGHEST) + 1
        row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_CLASS, worker]).fetchone()
        if row and row[0]:
            return worker


def live_workers() -> list[int]:
    """Return the numbers of the workers of this database that are alive."""
    with default_connection.cursor() as cursor:
        cursor.execute(_ALIVE, [_LOCK_CLASS])
        return [row[0] for row in cursor.fetchall()]


def release_dead_leases(*, tables: Iterable[LeasedTable], at: dt.datetime) -> int:
    """Release the leases of dead workers. Returns how many rows; one statement for each table."""
    alive = live_workers()
    with default_connection.cursor() as cursor:
        total = 0
        for table in tables:
            cursor.execute(
                _RELEASE.format(table=table.name, on_release=table.on_release),
                {"alive": alive, "at": at, "uncertain_until": at + UNCERTAINTY},
            )
            total += cursor.rowcount
    return total
