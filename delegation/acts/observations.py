"""Some observations need the locks of an act, because they can take an admin away."""

import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from audit.foundation.actor import Actor
from audit.foundation.errors import Busy
from audit.log import observations
from audit.log.observations import EventBatch
from delegation.acts import locks

Ids = Collection[uuid.UUID]


@contextmanager
def recording_under_locks(
    *, actor: Actor, users: Callable[[], Ids], chains: Callable[[Ids], Ids]
) -> Iterator[EventBatch]:
    """Record in a transaction under the locks of these users and their chains; without users, it takes no locks.

    Two admins lost at the same time are lost one after the other, so that the second finds no admin left. Raises Busy.
    """
    with locks.busy_on_timeout(), observations.recording(actor=actor) as batch:
        locked_users = users()
        if locked_users and not acquire_locks(users=locked_users, chains=chains, actor=actor):
            raise Busy(seconds=1)
        yield batch


def acquire_locks(*, users: Ids, chains: Callable[[Ids], Ids], actor: Actor) -> bool:
    """Take the locks in the order of acts.

    Runs inside a transaction. Returns False where more chains concern the users by then.

    Raises Busy where a lock was not granted in time.
    """
    locked_chains = set(chains(users))
    with locks.busy_on_timeout():
        locks.acquire(chains=locked_chains, users=users, actor=actor)
    return locked_chains >= set(chains(users))
