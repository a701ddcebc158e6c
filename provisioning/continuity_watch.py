"""The deliverer looks every hour whether the continuity grade of a customer has fallen; the portal writes the mails."""

import time
import uuid
from collections.abc import Sequence

import structlog
from django.db import connection

from audit import installation
from delegation.continuity_grades import falls
from delegation.continuity_grades.falls import Fall, Report

_EVERY_SECONDS = 3600
log = structlog.get_logger(__name__)
_reports: list[Report] = []


def register(report: Report) -> None:
    """Let `report` queue the mails about falls, in the transaction that notices them."""
    if report not in _reports:
        _reports.append(report)


class GradeWatch:
    """Examines all customers once an hour (a chore of the deliverer)."""

    def __init__(self) -> None:
        self._next_at = time.monotonic()

    def __call__(self) -> int:
        """Return how many falls were noticed; 0 before the hour is over."""
        if time.monotonic() < self._next_at or installation.is_frozen():
            return 0
        self._next_at = time.monotonic() + _EVERY_SECONDS
        return examine_all()


def examine_all() -> int:
    """Examine all customers, batch by batch; one batch that fails holds up the next ones until the next hour."""
    total, after = 0, None
    try:
        while True:
            examined = falls.examine(after=after, report=_report)
            total, after = total + examined.falls, examined.last
            if after is None:
                return total
    except Exception:
        if not connection.is_usable():
            raise
        log.exception("continuity.not_examined", after=_text(after))
        return total


def _report(found: Sequence[Fall]) -> None:
    for report in _reports:
        report(found)


def _text(organization: uuid.UUID | None) -> str:
    return str(organization) if organization else ""
