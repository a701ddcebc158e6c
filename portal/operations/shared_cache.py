"""All processes share this cache: JSON in a table. Nothing that is read from it is ever run as code."""

import datetime as dt
import json
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

from audit.foundation import clock

_GET = "SELECT value FROM portal_cache WHERE cache_key = %(key)s AND expires > %(now)s"
_SET = """
INSERT INTO portal_cache (cache_key, value, expires) VALUES (%(key)s, %(value)s::jsonb, %(until)s)
ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires
"""
_ADD = f"{_SET} WHERE portal_cache.expires <= %(now)s"
_TOUCH = "UPDATE portal_cache SET expires = %(until)s WHERE cache_key = %(key)s AND expires > %(now)s"
# What is no number counts as zero: one row of SQL would otherwise fail every sign-in that is counted there.
_INCREMENT = """
UPDATE portal_cache
SET value = to_jsonb(CASE jsonb_typeof(value) WHEN 'number' THEN trunc(value::numeric) ELSE 0 END + %(delta)s)
WHERE cache_key = %(key)s AND expires > %(now)s RETURNING value
"""
_DELETE = "DELETE FROM portal_cache WHERE cache_key = %(key)s RETURNING expires > %(now)s"
# Each write removes two expired rows, so that the table holds about as many rows as are alive. Nothing else is evicted:
# a stranger who fills the cache does not reset the counters that limit strangers.
_REMOVE_EXPIRED = """
DELETE FROM portal_cache WHERE cache_key = ANY (ARRAY(
    SELECT cache_key FROM portal_cache WHERE expires <= %(now)s ORDER BY expires LIMIT 2 FOR UPDATE SKIP LOCKED))
"""
_WITHOUT_END = dt.timedelta(days=36500)


class PostgresCache(BaseCache):
    """Keeps JSON values in `portal_cache`. Raises TypeError for a value that JSON cannot hold."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return the value, or the default where it is missing or expired."""
        row = self._row(_GET, key=self.make_key(key, version=version))
        return row[0] if row else default

    def set(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Store the value for so many seconds; None stands for no end."""
        self._write(_SET, key, value, timeout, version)

    def add(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Store the value unless there is one. Of two callers at once, one gets True."""
        return self._write(_ADD, key, value, timeout, version)

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Set another end. False where there is no value."""
        return self._count(_TOUCH, key=self.make_key(key, version=version), until=self._until(timeout)) > 0

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a number in one statement: of many at once, none is lost. Raises ValueError without a value."""
        row = self._row(_INCREMENT, key=self.make_key(key, version=version), delta=delta)
        if row is None:
            raise ValueError(f"Key '{key}' not found")
        return int(row[0])

    def delete(self, key: str, version: int | None = None) -> bool:
        """Remove the value. False where there was none."""
        row = self._row(_DELETE, key=self.make_key(key, version=version))
        return row is not None and bool(row[0])

    def clear(self) -> None:
        """Remove every value."""
        self._count("DELETE FROM portal_cache")

    def _write(
        self, statement: str, key: str, value: Any, timeout: float | None, version: int | None
    ) -> bool:
        self._count(_REMOVE_EXPIRED)
        name = self.make_key(key, version=version)
        return self._count(statement, key=name, value=json.dumps(value), until=self._until(timeout)) > 0

    def _until(self, timeout: float | None) -> dt.datetime:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return clock.wall() + (_WITHOUT_END if seconds is None else dt.timedelta(seconds=seconds))

    def _row(self, statement: str, **arguments: Any) -> tuple[Any, ...] | None:
        with connection.cursor() as cursor:
            cursor.execute(statement, {**arguments, "now": clock.wall()})
            row: tuple[Any, ...] | None = cursor.fetchone()
        return None if row is None else tuple(json.loads(v) if isinstance(v, str) else v for v in row)

    def _count(self, statement: str, **arguments: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, {**arguments, "now": clock.wall()})
            return int(cursor.rowcount)
