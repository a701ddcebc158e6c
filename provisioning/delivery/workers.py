"""Which deliverers are alive: each holds a lock of the database for as long as its connection lives.

What a dead one had leased is free at once, however it died; its calls may still arrive, so the rows are in doubt.
"""

import datetime as dt
import secrets
from collections.abc import Collection

import psycopg
from django.db import connection

from provisioning.delivery import leases

_CLASS = 0x6B64  # a number of our own among the advisory locks
UNCERTAINTY = dt.timedelta(seconds=15)
"""How long a call whose sender died may still be carried out by a target."""
_LIVE = """
SELECT objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_RELEASE = """
UPDATE {table} SET leased_until = NULL, leased_by = NULL{more}
WHERE leased_by IS NOT NULL AND leased_by <> ALL(%(living)s)
"""
_MARK_UNCERTAIN = """
UPDATE provisioning_account a
SET uncertain_until = greatest(a.uncertain_until, %(doubt)s), due_at = coalesce(a.due_at, %(at)s)
FROM (
    SELECT id FROM provisioning_account WHERE id = ANY(%(accounts)s)
    ORDER BY target_id, user_id, membership_id FOR UPDATE
) held WHERE a.id = held.id
"""
_TABLES = (
    ("provisioning_account", ", uncertain_until = %(doubt)s, due_at = coalesce(due_at, %(at)s)"),
    ("provisioning_logout", ""),
    ("provisioning_mail", ""),
)


def register(*, held: psycopg.Connection) -> int:
    """A number for this deliverer, its own until `held` is closed."""
    while True:
        number = secrets.randbelow(2**31 - 1) + 1
        row = held.execute("SELECT pg_try_advisory_lock(%s, %s)", [_CLASS, number]).fetchone()
        if row and row[0]:
            return number


def live_workers() -> list[int]:
    """The numbers of all deliverers of this database that are alive."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, [_CLASS])
        return [row[0] for row in cursor.fetchall()]


def mark_uncertain(*, accounts: Collection[int], at: dt.datetime) -> None:
    """Calls for these are under way in a deliverer that lives, though the database may know nothing of it any more."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK_UNCERTAIN, {"accounts": list(accounts), "at": at, "doubt": at + leases.LEASE})


def release_dead_leases(*, at: dt.datetime) -> int:
    """Take back what dead deliverers had leased. Returns how many rows."""
    alive = live_workers()
    with connection.cursor() as cursor:
        total = 0
        for table, more in _TABLES:
            cursor.execute(
                _RELEASE.format(table=table, more=more),
                {"living": alive, "at": at, "doubt": at + UNCERTAINTY},
            )
            total += cursor.rowcount
    return total
