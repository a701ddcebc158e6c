"""All instants come from this clock.

It is the database's, so that processes on several machines agree. Tests and the demo may move it by a file that every
process reads; production refuses to start with one (`audit.foundation.checks`).
"""

import datetime as dt
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Func, Value

TICK = dt.timedelta(microseconds=1)
SQL_NOW = "clock_timestamp() + make_interval(secs => %s)"


def offset(file: str | None = None) -> float:
    """Return the seconds by which the clock is moved; 0.0 outside tests and demo."""
    path: str = settings.CLOCK_OFFSET_FILE if file is None else file
    if not path:
        return 0.0
    try:
        return float(Path(path).read_text(encoding="ascii") or 0)
    except FileNotFoundError:
        return 0.0


def now() -> dt.datetime:
    """Return the database's clock when the statement runs (not when the transaction began), in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SQL_NOW}", [offset()])
        row: tuple[dt.datetime] = cursor.fetchone()
    return row[0]


def expression() -> Func:
    """Return `now` for a statement that reads rows too."""
    template = SQL_NOW.replace("%s", "%(expressions)s")
    return Func(Value(offset()), template=template, output_field=DateTimeField())


def wall(offset_file: str | None = None) -> dt.datetime:
    """This process's own clock in UTC, where processes need not agree: logs, cache ages, Retry-After.

    Settings name the file of the offset, because they cannot read themselves.
    """
    return dt.datetime.now(tz=dt.UTC) + dt.timedelta(seconds=offset(offset_file))
