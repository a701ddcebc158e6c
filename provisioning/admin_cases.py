"""The deliverer opens the cases of customers without a working admin, and gives a new admin all rights when due."""

import contextlib
import time
import uuid
from collections.abc import Callable
from functools import partial

import structlog
from django.db import connection

from audit import installation
from audit.foundation import clock
from audit.foundation.actor import system
from audit.foundation.errors import DomainError
from delegation.orphan_cases import queries
from delegation.orphan_cases.commands import opening, outcome
from provisioning.failed_rows import FailedRows

_EVERY_SECONDS = 300
"""Between two searches for customers without an admin: one reads the admins of all customers."""
log = structlog.get_logger(__name__)
_failed = FailedRows()


class AdminCases:
    """Completes what is due at each call, and searches from time to time."""

    def __init__(self) -> None:
        self._next_search = time.monotonic() + _EVERY_SECONDS

    def __call__(self) -> int:
        """Return how many cases went on or were opened."""
        if installation.is_frozen():
            return 0
        completed = complete_due()
        if time.monotonic() < self._next_search:
            return completed
        self._next_search = time.monotonic() + _EVERY_SECONDS
        return completed + open_missing()


def complete_due() -> int:
    """Give the new admins whose further time is over all rights; one that fails holds up no other."""
    due = queries.due(at=clock.now(), besides=_failed.left_out())
    return sum(_attempt(case.id, partial(outcome.complete, actor=system(), case=case)) for case in due)


def open_missing() -> int:
    """Open a case for each customer that has no working admin and no case; one that fails holds up no other."""
    return sum(
        _attempt(one.id, partial(opening.open_case, actor=system(), organization=one, cause="no_admin"))
        for one in queries.without_case(at=clock.now(), besides=_failed.left_out())
    )


def _attempt(row: uuid.UUID, step: Callable[[], object]) -> bool:
    taken = attempt(step)
    if not taken:
        _failed.leave_out(row)
    return taken


def attempt(step: Callable[[], object]) -> bool:
    """Take one step. Raises where the connection is lost. Staff, or another deliverer, may be first."""
    with contextlib.suppress(DomainError):
        try:
            step()
        except DomainError:
            raise
        except Exception:
            if not connection.is_usable():
                raise
            log.exception("admin_case.not_taken")
            return False
        return True
    return False
