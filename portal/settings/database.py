"""The database is used by two roles, and all processes share one cache."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg import pq

from portal.settings import variables

APPLICATION_ROLE = "keyholder_app"


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


_url = variables.DATABASE.value()
DATABASES = {
    "default": _database(_url),
    "owner": _database(variables.OWNER_DATABASE.value() or _url),
}
# Start parameters win over `ALTER ROLE … SET`, which a role may run for itself: one such statement would otherwise
# change or stop every later session. RESET ALL restores them. A backslash stands before a space.
_SESSION = {
    "TimeZone": "UTC",
    "DateStyle": r"ISO,\ MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "default_transaction_isolation": r"read\ committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "gin_fuzzy_search_limit": "0",
    # Compiling a statement of many subqueries took a hundred times as long as running it. The statements are short.
    "jit": "off",
    "local_preload_libraries": "",
    "lock_timeout": "0",
    "search_path": "public,pg_temp",
    "statement_timeout": "0",
    "transform_null_equals": "off",
}
_given = DATABASES["default"]["OPTIONS"].get("options", "")
DATABASES["default"]["OPTIONS"]["options"] = " ".join(
    [*([_given] if _given else []), *(f"-c {name}={value}" for name, value in _SESSION.items())]
)
# The server prepares statements at their second use: planning is most of their cost. A pooler that uses another server
# connection for each transaction needs KEYHOLDER_PREPARED=0 (or PgBouncer 1.21, which tracks prepared statements).
if variables.PREPARED.value():
    DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 1}
# Everything that a statement can leave behind in a connection, but for prepared statements, which psycopg manages.
_RESET = b"""
SET SESSION AUTHORIZATION DEFAULT; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP; SELECT pg_advisory_unlock_all()
"""


def _reset(connection: psycopg.Connection) -> None:
    """Run by the pool's own threads when a request returns its connection: no request pays for it.

    All statements are one round trip through libpq itself: a cursor took three times the processor time. Raises
    OperationalError, after which the pool closes the connection.
    """
    result = connection.pgconn.exec_(_RESET)
    if result.status != pq.ExecStatus.TUPLES_OK:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))


# The web process uses a pool: its server ends idle threads, and the connection of such a thread would stay open.
_pool = variables.DATABASE_POOL.value()
if _pool:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"] |= {
        "pool": {"min_size": 1, "max_size": _pool, "timeout": 5, "reset": _reset},
    }
# Only migrations run as the owner.
DATABASES["owner"]["CONN_MAX_AGE"] = 0

# A crash may empty the cache: it holds rate limits and nothing that must last. The limits themselves bound the entries
# of one address. Django's own backend for a database unpickles what it reads, which runs code.
CACHES = {"default": {"BACKEND": "portal.operations.shared_cache.PostgresCache"}}
