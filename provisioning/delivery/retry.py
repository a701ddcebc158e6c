"""When to try again."""

import datetime as dt
import random

from provisioning.delivery import errors
from provisioning.delivery.errors import Code

FIRST = dt.timedelta(seconds=1)
LONGEST = dt.timedelta(hours=1)
LONGEST_PAUSE = dt.timedelta(seconds=5)
"""A target that is down is left alone for 1, 2, 4, at most 5 s, then one call tries it (`accounts.results`).

Short, because everybody waits behind it and one connection every five seconds harms nobody.
"""
_DOUBLINGS = 12
_spread = random.SystemRandom()


def after(*, attempts: int, code: Code, wait: dt.timedelta | None = None) -> dt.timedelta:
    """How long one record waits after its `attempts`-th failure in a row: 1 s to 1 h, spread by a fifth.

    What trying again will hardly help is tried every hour; a record whose target is down waits no longer than the
    target is left alone (`LONGEST_PAUSE`). A wish of the other side (Retry-After) is honored, up to 1 h.
    """
    if wait is not None:
        return min(wait, LONGEST)
    if code in errors.PERMANENT:
        return LONGEST * _spread.uniform(0.9, 1.0)
    doubled = FIRST * _doubled(attempts)
    return min(doubled, LONGEST_PAUSE if code in errors.TARGET_UNAVAILABLE else LONGEST) * _spread.uniform(
        0.8, 1.2
    )


def _doubled(times: int) -> int:
    return 1 << min(max(times - 1, 0), _DOUBLINGS)
