"""Statements run on the default connection; long lists are read in pages by key."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q, QuerySet
from psycopg import errors as pg

from audit.foundation.errors import Busy, TooSlow

Row = TypeVar("Row", bound=Model)
Params = Sequence[Any] | Mapping[str, Any]
_BUSY = (pg.LockNotAvailable, pg.DeadlockDetected)


def fetch_all(statement: str, params: Params = ()) -> list[tuple[Any, ...]]:
    """Run a statement and return all its rows; a statement without a result returns none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall()) if cursor.description else []


def fetch_one(statement: str, params: Params = ()) -> tuple[Any, ...] | None:
    """Run a statement and return its first row, or None."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def fetch_only(statement: str, params: Params = ()) -> tuple[Any, ...]:
    """Run a statement that returns one row, whatever the tables hold. Raises ValueError for another number of rows."""
    (row,) = fetch_all(statement, params)
    return row


def fetch_for_rows(statement: str, rows: Sequence[Mapping[str, Any]], **params: Any) -> list[tuple[Any, ...]]:
    """Run one statement for many rows, which it reads as %(rows)s by `jsonb_to_recordset`; none for no rows."""
    return fetch_all(statement, {"rows": json.dumps(list(rows)), **params}) if rows else []


def fetch_ids_for_rows(statement: str, rows: Sequence[Mapping[str, Any]], **params: Any) -> list[Any]:
    """Run `fetch_for_rows` and return the first column."""
    return [row[0] for row in fetch_for_rows(statement, rows, **params)]


def limit_lock_waits(*, longest: dt.timedelta) -> None:
    """Let no statement of this transaction wait longer for a lock."""
    milliseconds = longest // dt.timedelta(milliseconds=1)
    fetch_one("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])


@contextmanager
def too_slow_after(*, longest: dt.timedelta) -> Iterator[None]:
    """Cancel a statement of the block that runs longer. Raises TooSlow."""
    milliseconds = longest // dt.timedelta(milliseconds=1)
    try:
        with transaction.atomic():
            fetch_one("SELECT set_config('statement_timeout', %s, true)", [f"{milliseconds}ms"])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, pg.QueryCanceled):
            raise TooSlow from error
        raise


@contextmanager
def busy_on_timeout() -> Iterator[None]:
    """Wrap a transaction that takes locks. Raises Busy where a lock was not granted in time."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, _BUSY):
            raise Busy(seconds=1) from error
        raise


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """Holds rows in reading order; `previous` and `next` are the ids for `before` and `after`, None at the ends."""

    rows: list[Row]
    previous: uuid.UUID | None
    next: uuid.UUID | None


def keyset(
    *,
    rows: Sequence[QuerySet[Row]],
    order: Sequence[str],
    after: uuid.UUID | None,
    before: uuid.UUID | None,
    size: int,
    anchors: Sequence[QuerySet[Row]] | None = None,
) -> KeysetPage[Row]:
    """Return the page behind the row `after`, or before the row `before`, which wins where both are given.

    `order` names fields and annotations, all ascending or all descending, and ends with the primary key. Several
    querysets are each read by their own index and merged here; Python and the database must then sort their fields
    alike, so no text. `after` and `before` are looked up in `anchors` (default: `rows`). An unknown id gives the first
    page.

    One statement for each queryset, and for the lookup one for each of `anchors` until the id is found.
    """
    fields, descending = _parse(order)
    start = _values(anchors or rows, before or after, fields)
    backwards = before is not None and start is not None
    downwards = descending != backwards
    beyond = _beyond(fields, start, down=downwards) if start else Q()
    following = _sorted_rows([source.filter(beyond) for source in rows], fields, size + 1, down=downwards)
    more, rows_of_page = len(following) > size, following[:size]
    if backwards:
        rows_of_page.reverse()
    start_key, end_key = (rows_of_page[0].pk, rows_of_page[-1].pk) if rows_of_page else (None, None)
    return KeysetPage(
        rows=rows_of_page,
        previous=start_key if (more if backwards else start) else None,
        next=end_key if (backwards or more) else None,
    )


def _parse(order: Sequence[str]) -> tuple[list[str], bool]:
    descending = {name.startswith("-") for name in order}
    if len(descending) != 1:
        raise ValueError(f"A keyset has one direction: {order}")
    return [name.removeprefix("-") for name in order], descending.pop()


def _values(
    sources: Sequence[QuerySet[Row]], anchor: uuid.UUID | None, fields: Sequence[str]
) -> tuple[Any, ...] | None:
    """Find the anchor and return the values of its fields; None where no source has it."""
    if anchor is None:
        return None
    matches = (source.filter(pk=anchor).order_by().values_list(*fields)[:1] for source in sources)
    return next((rows[0] for rows in matches if rows), None)


def _beyond(fields: Sequence[str], values: Sequence[Any], *, down: bool) -> Q:
    """Return `a >= x AND (a > x OR …)`, because an index can use the first condition."""
    sign = "lt" if down else "gt"
    past = Q(**{f"{fields[0]}__{sign}": values[0]})
    if len(fields) == 1:
        return past
    return Q(**{f"{fields[0]}__{sign}e": values[0]}) & (past | _beyond(fields[1:], values[1:], down=down))


def _sorted_rows(
    sources: Sequence[QuerySet[Row]], fields: Sequence[str], limit: int, *, down: bool
) -> list[Row]:
    order = [f"-{field}" if down else field for field in fields]
    rows = [row for source in sources for row in source.order_by(*order)[:limit]]
    if len(sources) > 1:
        rows.sort(key=lambda row: [getattr(row, field) for field in fields], reverse=down)
    return rows[:limit]
