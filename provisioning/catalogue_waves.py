"""The deliverer carries an applied catalogue to the organizations, as fast as it plans."""

from audit import installation
from delegation.catalogue import propagation
from provisioning.accounts import planner

_MOST_BATCHES = 10
"""Of one call, which the deliverer's maintenance repeats each second."""


def propagate() -> int:
    """Record the next batches, unless chains wait to be planned already. Returns the number of organizations."""
    total = 0
    for _ in range(_MOST_BATCHES):
        if installation.is_frozen() or planner.is_behind():
            break
        done = propagation.propagate_next()
        total += done
        if not done:
            break
    return total
