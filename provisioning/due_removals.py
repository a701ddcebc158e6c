"""The deliverer does what follows from planned removals; the access itself has ended by its interval."""

from audit import installation
from audit.foundation.errors import Busy
from delegation.people import planned_ends

_MOST = 20
"""Acts of one call, which the deliverer's maintenance repeats each second."""


def carry_out() -> int:
    """Carry out the due plans, oldest first. Returns the number of members."""
    total = 0
    for _ in range(_MOST):
        if installation.is_frozen():
            break
        try:
            done = planned_ends.carry_out_next()
        except Busy:
            break  # the next call tries again
        total += done
        if not done:
            break
    return total
