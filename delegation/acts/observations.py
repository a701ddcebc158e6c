"""Observations under the locks of an act: where the outside world or a person's own step takes an admin away."""

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
    """A transaction with its observations, under the locks of these users and their chains; without users, no locks.

    Two who are lost at once are lost one after the other, so that the second finds nobody left. Raises Busy.
    """
    with locks.busy_on_timeout(), observations.recording(actor=actor) as note:
        people = users()
        if people and not hold(users=people, chains=chains, actor=actor):
            raise Busy(seconds=1)
        yield note


def hold(*, users: Ids, chains: Callable[[Ids], Ids], actor: Actor) -> bool:
    """Take the locks in the order of acts, inside a transaction. False where more chains concern them by then.

    Raises Busy where a lock was not to be had in time.
    """
    held = set(chains(users))
    with locks.busy_on_timeout():
        locks.acquire(chains=held, users=users, actor=actor)
    return held >= set(chains(users))
