"""The deliverer opens the cases of customers without a working admin, and gives a new admin all rights when due."""

import time
from collections.abc import Callable

from audit import installation
from audit.foundation import clock
from audit.foundation.actor import system
from delegation.orphan_cases import queries
from delegation.orphan_cases.commands import opening, outcome
from delegation.orphan_cases.models import OrphanCase
from identity.organizations.models import Organization
from provisioning.failed_rows import FailedRows

_EVERY_SECONDS = 300
"""Between two searches for customers without an admin: one reads the admins of all customers."""
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
    return sum(
        _failed.attempt_unless_busy(case.id, _completing(case), event="admin_case.not_completed")
        for case in due
    )


def open_missing() -> int:
    """Open a case for each customer that has no working admin and no case; one that fails holds up no other."""
    return sum(
        _failed.attempt_unless_busy(one.id, _opening(one), event="admin_case.not_opened")
        for one in queries.without_case(at=clock.now(), besides=_failed.left_out())
    )


def _completing(case: OrphanCase) -> Callable[[], int]:
    def step() -> int:
        outcome.complete(actor=system(), case=case)
        return 1

    return step


def _opening(organization: Organization) -> Callable[[], int]:
    def step() -> int:
        opening.open_case(actor=system(), organization=organization, cause="no_admin")
        return 1

    return step
