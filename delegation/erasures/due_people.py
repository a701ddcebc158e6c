"""The hourly clean-up and the operator's command erase the people who are due, one act each."""

import datetime as dt

from audit.foundation import actor as foundation_actor
from audit.foundation.errors import DomainError
from delegation.erasures import commands, rules

MOST = 200
"""People of one run; the next run takes the others."""


def count_due(*, at: dt.datetime) -> int:
    """Count the people who are due. One statement."""
    return rules.due(at=at).count()


def erase_due(*, at: dt.datetime) -> int:
    """Erase up to `MOST` people, and return how many were erased. A person who has just returned is left out."""
    erased = 0
    for person in rules.due(at=at)[:MOST]:
        try:
            commands.erase(actor=foundation_actor.system(), person=person)
        except DomainError:
            continue
        erased += 1
    return erased
