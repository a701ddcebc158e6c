"""The log has a partition for each month, created in advance."""

import datetime as dt

from django.db import connection, connections

MONTHS = 6
_AT_ONCE = 24
"""The months of one call; the database's function makes no more."""
_ENSURE = "SELECT audit_ensure_partitions(%s::date, %s)"


def ensure(*, at: dt.datetime) -> None:
    """Create the partitions of the month of `at` and of the next MONTHS months; existing ones stay."""
    with connection.cursor() as cursor:
        cursor.execute(_ENSURE, [at.date(), MONTHS])


def ensure_between(*, using: str, first: dt.datetime, last: dt.datetime) -> None:
    """Create the partitions from the month of one instant to that of another; existing ones stay."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    with connections[using].cursor() as cursor:
        for start in range(0, months, _AT_ONCE):
            index = first.year * 12 + first.month - 1 + start
            month = dt.date(index // 12, index % 12 + 1, 1)
            cursor.execute(_ENSURE, [month, min(_AT_ONCE, months - start)])
