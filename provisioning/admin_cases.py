"""The deliverer opens the cases of customers without a working admin, and gives a new admin all rights when due."""

import contextlib
import time
from collections.abc import Callable

import structlog
from django.db import connection

from audit import installation
from audit.foundation import clock
from audit.foundation.actor import system
from audit.foundation.errors import DomainError
from delegation.orphan_cases import queries
from delegation.orphan_cases.commands import opening, outcome

_EVERY_SECONDS = 300
"""Between two searches for customers without an admin: one reads the admins of all customers."""
log = structlog.get_logger(__name__)


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
    return sum(
        attempt(lambda case=case: outcome.complete(actor=system(), case=case))  # type: ignore[misc]
        for case in queries.due(at=clock.now())
    )


def open_missing() -> int:
    """Open a case for each customer that has no working admin and no case."""
    return sum(
        attempt(
            lambda organization=organization: opening.open_case(  # type: ignore[misc]
                actor=system(), organization=organization, cause="no_admin"
            )
        )
        for organization in queries.without_case(at=clock.now())
    )


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
