"""A mark on the transaction allows writes to guarded tables; the trigger `keyholder_guard` refuses them without it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

ACT = "keyholder.act"
OBSERVATION = "keyholder.observation"


def _set(mark: str, origin: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [mark, origin])


@contextmanager
def allow(*, mark: str, origin: str) -> Iterator[None]:
    """Allow writes to guarded tables inside the block. `origin` is the id of the act or observation that writes.

    The block clears the mark itself: the setting belongs to the outermost transaction and outlives a savepoint.
    After an error the transaction is rolled back, and the mark with it.
    """
    _set(mark, origin)
    yield
    _set(mark, "")
