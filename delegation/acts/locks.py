"""Who waits for whom: chains by id, then user rows by id, then the rest. Nothing slow under them."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection
from psycopg import errors as pg

from audit.foundation.actor import Actor, Channel
from audit.foundation.errors import Busy
from audit.log import ledger
from audit.log.ledger import ChainHead
from identity.people import locks

PEOPLE = dt.timedelta(seconds=3)
MACHINES = dt.timedelta(milliseconds=250)
_BUSY = (pg.LockNotAvailable, pg.DeadlockDetected)


def lock_timeout(actor: Actor) -> dt.timedelta:
    """How long this actor's door may wait for a lock."""
    return MACHINES if actor.channel in {Channel.API, Channel.SCIM, Channel.OIDC} else PEOPLE


@contextmanager
def busy_on_timeout() -> Iterator[None]:
    """Around a transaction that takes locks: raises Busy where one was not to be had in time."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, _BUSY):
            raise Busy(seconds=1) from error
        raise


def acquire(
    *, chains: Iterable[uuid.UUID], users: Iterable[uuid.UUID], actor: Actor
) -> dict[uuid.UUID, ChainHead]:
    """Take all locks of an act, until its transaction ends. Five statements at most."""
    with connection.cursor() as cursor:
        milliseconds = int(lock_timeout(actor).total_seconds() * 1000)
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])
    held = ledger.lock_chains(chains=chains)
    _acquire_users(set(users), actor)
    return held


def _acquire_users(subjects: set[uuid.UUID], actor: Actor) -> None:
    """Subjects FOR UPDATE, the actor FOR SHARE, all in one ascending order so that no two acts wait in a circle."""
    if not actor.is_person or actor.id in subjects:
        locks.lock(users=sorted(subjects), mode="UPDATE")
        return
    locks.lock(users=sorted(one for one in subjects if one < actor.id), mode="UPDATE")
    locks.lock(users=[actor.id], mode="SHARE")
    locks.lock(users=sorted(one for one in subjects if one > actor.id), mode="UPDATE")
