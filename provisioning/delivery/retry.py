"""Retries wait by exponential backoff with jitter."""

import datetime as dt
import random

from provisioning.delivery import errors
from provisioning.delivery.errors import Code

FIRST = dt.timedelta(seconds=1)
LONGEST = dt.timedelta(hours=1)
LONGEST_PAUSE = dt.timedelta(seconds=5)
"""An unavailable target is paused for 1, 2, 4, at most 5 s, then one call tries it (`accounts.target_health`).

Short, because all its deliveries wait, and one connection every five seconds is no load.
"""
_DOUBLINGS = 12
_random = random.SystemRandom()


def delay(*, attempts: int, code: Code, retry_after: dt.timedelta | None = None) -> dt.timedelta:
    """Compute the delay after the `attempts`-th failure in a row of one record: 1 s to 1 h, with 20 % jitter.

    A permanent failure is retried every hour. A record of an unavailable target waits no longer than the target is
    paused (`LONGEST_PAUSE`). `retry_after`, the wish of the target (Retry-After), lengthens the delay up to 1 h and
    never shortens it: a target that answers 503 with `Retry-After: 0` got 742 calls in 5 s.
    """
    backoff = _backoff(attempts, code)
    return backoff if retry_after is None else max(backoff, min(retry_after, LONGEST))


def _backoff(attempts: int, code: Code) -> dt.timedelta:
    if errors.is_permanent(code=code, attempts=attempts):
        return LONGEST * _random.uniform(0.9, 1.0)
    longest = LONGEST_PAUSE if code in errors.TARGET_UNAVAILABLE else LONGEST
    return min(FIRST * _backoff_factor(attempts), longest) * _random.uniform(0.8, 1.2)


def _backoff_factor(attempts: int) -> int:
    return 1 << min(max(attempts - 1, 0), _DOUBLINGS)
