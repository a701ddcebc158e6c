"""The log lies in one table per month, made ahead."""

import datetime as dt

from django.db import connection

MONTHS = 6


def ensure(*, at: dt.datetime) -> None:
    """Make the tables of this month and the coming ones; those that are there stay."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_ensure_partitions(%s, %s)", [at.date(), MONTHS])
