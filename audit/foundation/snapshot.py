"""A long reader reads the database in one snapshot, as a stream."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """Open one snapshot, so that rows written meanwhile are seen in all tables or in none.

    Inside a transaction, the caller's snapshot is used.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def stream(sql: str, params: dict[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a statement without holding all of them."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(2000):
            yield from rows
