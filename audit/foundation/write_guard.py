"""The mark of a transaction: guarded tables are written under one or not at all (`guard_sql.guard`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

ACT = "keyholder.act"
OBSERVATION = "keyholder.observation"


def _set(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


@contextmanager
def allow(*, name: str, value: str) -> Iterator[None]:
    """Set the mark and clear it on leaving.

    Clearing by name matters: the setting belongs to the outermost transaction, and would outlive a savepoint.
    After an error the transaction is rolled back, and the mark with it.
    """
    _set(name, value)
    yield
    _set(name, "")
