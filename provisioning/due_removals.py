"""The deliverer does what follows from planned removals; the access itself has ended by its interval."""

import uuid

from audit import installation
from audit.foundation import clock
from audit.foundation.errors import Busy
from delegation.departures import queries as departures_queries
from delegation.departures.queries import DuePlans
from delegation.people import planned_ends
from provisioning.failed_rows import FailedRows

_MOST = 20
"""Acts of one call, which the deliverer's maintenance repeats each second."""
_failed = FailedRows()


def carry_out() -> int:
    """Carry out the due plans, oldest first; one that fails holds up no other. Returns the number of members."""
    total, busy = 0, set[uuid.UUID]()
    for _ in range(_MOST):
        besides = [*_failed.left_out(), *busy]
        plans = departures_queries.next_due(at=clock.now(), besides=besides)
        if plans is None or installation.is_frozen():
            break
        try:
            total += _attempt(plans)
        except Busy:
            busy.add(plans.act)  # the next call tries again
    return total


def _attempt(plans: DuePlans) -> int:
    return _failed.attempt(
        plans.act, lambda: planned_ends.carry_out(plans), event="planned_removal.not_carried_out"
    )
