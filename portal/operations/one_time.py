"""A logged table remembers what was accepted once; neither a crash nor SQL of the application's role undoes it."""

import datetime as dt
import hashlib

from audit.foundation import clock, db

_SKEW = dt.timedelta(hours=1)
"""How far the clocks of processes may be ahead of the database's, which keeps a row until its end."""
# Each use removes two ended rows, so that the table holds about as many rows as still count.
_USE = """
WITH ended AS (
  DELETE FROM portal_onetime WHERE name = ANY (ARRAY(
      SELECT name FROM portal_onetime WHERE expires <= %(ended)s
      ORDER BY expires LIMIT 2 FOR UPDATE SKIP LOCKED))
)
INSERT INTO portal_onetime (name, expires) VALUES (%(name)s, %(until)s) ON CONFLICT (name) DO NOTHING RETURNING name
"""
_USED = "SELECT EXISTS (SELECT FROM portal_onetime WHERE name = %(name)s)"


def use(kind: str, text: str, *, seconds: float) -> bool:
    """Use this text up; it must be refused for another reason after so many seconds. One statement.

    Of several requests with one text, also at the same moment, one gets True.
    """
    now = clock.wall()
    arguments = {
        "name": _name(kind, text),
        "until": now + dt.timedelta(seconds=seconds),
        "ended": now - _SKEW,
    }
    return db.fetch_one(_USE, arguments) is not None


def is_used(kind: str, text: str) -> bool:
    """Return whether this text has been used up. One statement."""
    (used,) = db.fetch_only(_USED, {"name": _name(kind, text)})
    return bool(used)


def _name(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"
