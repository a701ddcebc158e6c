"""The hourly clean-up and the operator's command erase the people who are due, one act each."""

import datetime as dt
import uuid
from collections.abc import Callable

import structlog
from django.db import connection

from audit.foundation import actor as foundation_actor
from audit.foundation.errors import DomainError
from delegation.erasures import commands, rules
from identity.people.models import User

MOST = 200
"""People of one run; the next run takes the others."""
BATCH = 20
"""People that one statement reads."""
MOST_FAILED = 1000
"""Failures after which a run ends."""
log = structlog.get_logger(__name__)


def _never() -> bool:
    return False


def count_due(*, at: dt.datetime) -> int:
    """Count the people who are due. One statement."""
    return rules.due(at=at).count()


def erase_due(*, at: dt.datetime, is_stopping: Callable[[], bool] = _never) -> int:
    """Erase up to `MOST` people, and return how many were erased. Each is one act, so that an end loses nothing.

    A person who has just returned, or whose erasure fails, holds up no other. `is_stopping` is asked before each
    person. Raises where the connection is lost.
    """
    erased, failed = 0, list[uuid.UUID]()
    while erased < MOST and len(failed) < MOST_FAILED:
        people = list(rules.due(at=at).exclude(pk__in=failed)[: min(BATCH, MOST - erased)])
        if not people:
            break
        for person in people:
            if is_stopping():
                return erased
            if _attempt(person):
                erased += 1
            else:
                failed.append(person.pk)
    return erased


def _attempt(person: User) -> bool:
    try:
        commands.erase(actor=foundation_actor.system(), person=person)
    except DomainError:
        return False
    except Exception:
        if not connection.is_usable():
            raise
        log.exception("erasure.failed", person=str(person.pk))
        return False
    return True
