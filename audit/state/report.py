"""The operator's report has a line for each difference, then the compared tables and the others."""

from collections.abc import Callable, Collection

from django.db import DatabaseError, transaction

from audit.foundation import clock
from audit.state import comparison, declarations
from audit.state.comparison import EventKey, TableComparison

Write = Callable[[str], object]
_UNREADABLE = (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
"""What reading a value raises that Python cannot hold. It must not hide the differences of the other tables."""


def write(*, forged: Collection[EventKey], difference: Write, summary: Write) -> int:
    """Compare every table, write each difference as it is found, and return their number.

    The caller has opened the snapshot. Events of `forged` are left out.
    """
    total = 0
    for table in comparison.compare(excluded=forged, at=clock.now()):
        found = 0
        try:
            with transaction.atomic():
                for line in table:
                    difference(str(line))
                    found += 1
        except _UNREADABLE as error:
            difference(f"{table.table.table}: cannot be read: {type(error).__name__}")
            found += 1
        summary(_summary(table, found))
        total += found
    for omitted in declarations.not_rebuilt():
        summary(f"{omitted.table}: not rebuilt: {omitted.reason}")
    return total


def _summary(table: TableComparison, differences: int) -> str:
    compared = [*table.table.columns, *table.table.encrypted] or ["rows only"]
    parts = [f"{table.rows} rows", f"{differences} differences", f"compared: {', '.join(compared)}"]
    parts += [f"{count} values of {column} unreadable in the log" for column, count in table.unread.items()]
    return f"{table.table.table}: {'; '.join(parts)}"
