"""A service gets a logout token when the last right in it ends, or the browser session that its sign-in rests on.

Level-triggered: whatever ended the right (another tier, a hold, the offer, the catalogue, time) is noticed alike.
"""

import datetime as dt
import time
from collections.abc import Sequence
from functools import partial

from audit import installation
from audit.foundation import clock
from delegation.authorization import entitlements
from identity.grants import endings
from identity.grants.endings import OpenGrant
from provisioning import failed_rows

_BATCH = 2000
_SHARE = 20
"""A slow look repeats less often, so that looking takes a twentieth of the time."""


class EndedAccessWatch:
    """Ends grants and sign-ins whose reason has gone; the planner's sweep makes their logout tokens due."""

    def __init__(self) -> None:
        self._next_at = 0.0

    def __call__(self) -> None:
        """Look once, unless the last look was so slow that it is too early."""
        started = time.monotonic()
        if started < self._next_at or installation.is_frozen():
            return
        end_all()
        finished = time.monotonic()
        self._next_at = finished + (finished - started) * _SHARE


def end_all() -> int:
    """End what has no reason any more. Two statements for each 2,000 open grants, and one where some of them end.

    However many grants are open, a process holds those of one batch.
    """
    at = clock.now()
    ended = endings.end_with_sessions(at=at)
    end, batch = partial(_end, at=at), endings.open_grants(at=at, most=_BATCH)
    while batch:
        usable = entitlements.usable_applications(memberships={grant.membership for grant in batch}, at=at)
        lost = [grant for grant in batch if (grant.membership, grant.application) not in usable]
        ended += failed_rows.in_halves(lost, end, event="access.not_ended") if lost else 0
        batch = endings.open_grants(at=at, most=_BATCH, after=batch[-1]) if len(batch) == _BATCH else []
    return ended


def _end(grants: Sequence[OpenGrant], *, at: dt.datetime) -> int:
    return endings.end(grants=grants, at=at)
