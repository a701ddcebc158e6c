"""The log has a partition for each month, created in advance."""

import datetime as dt

from django.db import connection

MONTHS = 6


def ensure(*, at: dt.datetime) -> None:
    """Create the partitions of the month of `at` and of the next MONTHS months; existing ones stay."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_ensure_partitions(%s, %s)", [at.date(), MONTHS])
