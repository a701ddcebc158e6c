"""A job that goes through rows passes over one that fails: the rows behind it are reached."""

import time
import uuid
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from django.db import connection

from audit.foundation.errors import Busy, DomainError

PAUSE_SECONDS = 300
Row = TypeVar("Row")
log = structlog.get_logger(__name__)


class FailedRows:
    """Remembers for some minutes which rows failed. The job leaves them out meanwhile, so that its limit is no end."""

    def __init__(self) -> None:
        self._until: dict[uuid.UUID, float] = {}

    def left_out(self) -> list[uuid.UUID]:
        """Return the rows that failed lately."""
        now = time.monotonic()
        self._until = {row: until for row, until in self._until.items() if until > now}
        return list(self._until)

    def attempt(self, row: uuid.UUID, step: Callable[[], int], *, event: str) -> int:
        """Take the step and return its number; 0 where it fails. Raises where the connection is lost, and Busy.

        The log does not name a refusal: staff, or another process, may be first.
        """
        try:
            return step()
        except Busy:
            raise
        except DomainError:
            pass
        except Exception:
            if not connection.is_usable():
                raise
            log.exception(event, row=str(row))
        self.leave_out(row)
        return 0

    def attempt_unless_busy(self, row: uuid.UUID, step: Callable[[], int], *, event: str) -> int:
        """Take the step as `attempt` does; a row whose lock is held is not left out: the next call tries it again."""
        try:
            return self.attempt(row, step, event=event)
        except Busy:
            return 0

    def leave_out(self, row: uuid.UUID) -> None:
        """Leave the row out for some minutes."""
        self._until[row] = time.monotonic() + PAUSE_SECONDS


def in_halves(rows: Sequence[Row], step: Callable[[Sequence[Row]], int], *, event: str) -> int:
    """Take the step for all rows together, or where that fails for each half: only what fails alone is left.

    Raises where the connection is lost, and Busy.
    """
    try:
        return step(rows)
    except Busy:
        raise
    except Exception:
        if not connection.is_usable():
            raise
        if len(rows) <= 1:
            log.exception(event, row="".join(map(_id, rows)))
            return 0
    half = len(rows) // 2
    return sum(in_halves(part, step, event=event) for part in (rows[:half], rows[half:]))


def _id(row: object) -> str:
    """Return the id alone: other values may name a person."""
    return str(row if isinstance(row, uuid.UUID) else getattr(row, "pk", getattr(row, "id", "")))
