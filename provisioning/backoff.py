"""When to try again."""

import datetime as dt
import random

from provisioning import answer
from provisioning.answer import Code

FIRST = dt.timedelta(seconds=1)
LONGEST = dt.timedelta(hours=1)
LONGEST_PAUSE = dt.timedelta(seconds=5)
_DOUBLINGS = 12
_spread = random.SystemRandom()


def after(*, attempts: int, code: Code, wait: dt.timedelta | None = None) -> dt.timedelta:
    """How long one record waits after its `attempts`-th failure in a row: 1 s to 1 h, spread by a fifth.

    What trying again will hardly help is tried every hour; a record whose target is down waits no longer than the
    target is left alone (`pause`). A wish of the other side (Retry-After) is honored, up to 1 h.
    """
    if wait is not None:
        return min(wait, LONGEST)
    if code in answer.LASTING:
        return LONGEST * _spread.uniform(0.9, 1.0)
    doubled = FIRST * 2 ** min(attempts - 1, _DOUBLINGS)
    return min(doubled, LONGEST_PAUSE if code in answer.DOWN else LONGEST) * _spread.uniform(0.8, 1.2)


def pause(*, failures: int, wait: dt.timedelta | None = None) -> dt.timedelta:
    """How long a whole target is left alone after its `failures`-th failure in a row; then one call tries it.

    Short, because everybody waits behind it and one connection every five seconds harms nobody.
    """
    if wait is not None:
        return min(wait, LONGEST)
    return min(FIRST * 2 ** min(failures - 1, _DOUBLINGS), LONGEST_PAUSE)
