"""Observations under the locks of an act: where the outside world or a person's own step takes an admin away."""

import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from audit import noting
from audit.actor import Actor
from audit.errors import Busy
from audit.noting import Note
from delegation.act import locks

Ids = Collection[uuid.UUID]


@contextmanager
def recording_under_locks(
    *, actor: Actor, users: Callable[[], Ids], chains: Callable[[Ids], Ids]
) -> Iterator[Note]:
    """A transaction with its observations, under the locks of these users and their chains; without users, no locks.

    Two who are lost at once are lost one after the other, so that the second finds nobody left. Raises Busy.
    """
    with locks.waiting(), noting.noting(actor=actor) as note:
        people = users()
        if people and not hold(users=people, chains=chains, actor=actor):
            raise Busy(seconds=1)
        yield note


def hold(*, users: Ids, chains: Callable[[Ids], Ids], actor: Actor) -> bool:
    """Take the locks in the order of acts, inside a transaction. False where more chains concern them by then.

    Raises Busy where a lock was not to be had in time.
    """
    held = set(chains(users))
    with locks.waiting():
        locks.hold(chains=held, users=users, actor=actor)
    return held >= set(chains(users))
