"""The deliverer looks every hour whether the continuity grade of a customer has fallen; the portal writes the mails."""

import time
import uuid
from collections.abc import Sequence

from audit import installation
from delegation.continuity_grades import falls
from delegation.continuity_grades.falls import Fall, Report
from delegation.dormancy import queries as dormancy_queries
from provisioning import failed_rows

_EVERY_SECONDS = 3600
BATCH = 500
"""Organizations that one transaction looks at."""
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
    """Examine all customers, batch by batch; a customer that cannot be examined holds up no other."""
    total, after = 0, None
    while organizations := dormancy_queries.next_organizations(after=after, size=BATCH):
        after = organizations[-1]
        total += failed_rows.in_halves(organizations, _examine, event="continuity.not_examined")
    return total


def _examine(organizations: Sequence[uuid.UUID]) -> int:
    return falls.examine(organizations=organizations, report=_report)


def _report(found: Sequence[Fall]) -> None:
    for report in _reports:
        report(found)
