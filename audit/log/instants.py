"""An event is dated at the present: the insert trigger refuses another date, and verification names one."""

import datetime as dt
from collections.abc import Iterable

from audit.foundation import clock
from audit.log.ledger import ChainHead

MAX_AGE = dt.timedelta(minutes=15)
"""An act is dated under its locks and written at its end. `audit_extend_chain` in the database has the same limits."""
MAX_LEAD = dt.timedelta(minutes=1)
"""The event of a process or a server whose clock is ahead."""
MAX_STEP = dt.timedelta(minutes=15)
"""The clock may step back, as after a change of the primary: until it has caught up, acts follow their chain."""


def next_instant(*, heads: Iterable[ChainHead]) -> dt.datetime:
    """Return the instant of an act: the database's clock under the locks, but later than each chain's last event.

    A chain's end far in the future does not count: it would push every later act of the chain there.
    """
    present = clock.now()
    ends = [head.at + clock.TICK for head in heads if head.at is not None and head.at <= present + MAX_STEP]
    return max([present, *ends])
