"""Some observations need the locks of an act: to take no last admin away, or to extend a chain."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from django.db import transaction

from audit.foundation import db
from audit.foundation.actor import Actor
from audit.foundation.errors import Busy
from audit.log import instants, ledger, observations
from audit.log.ledger import Append, EventContext
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
    with db.busy_on_timeout(), observations.recording(actor=actor) as batch:
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
    with db.busy_on_timeout():
        locks.acquire(chains=locked_chains, users=users, actor=actor)
    return locked_chains >= set(chains(users))


@contextmanager
def recording_in_chain(*, actor: Actor, chain: uuid.UUID) -> Iterator[tuple[EventBatch, dt.datetime]]:
    """Open a transaction under the lock of this chain, which its events extend; yield also the instant of all of them.

    Events of other chains are written beside theirs. The lock lets such transactions pass one at a time. Raises Busy.
    """
    with db.busy_on_timeout(), transaction.atomic(durable=True):
        heads = locks.acquire(chains=[chain], users=(), actor=actor)
        at = instants.next_instant(heads=heads.values())
        batch = EventBatch(actor=actor)
        yield batch, at
        contexts = [
            (of_chain, EventContext(actor=by, act=batch.act, at=at, organization=organization), draft)
            for of_chain, organization, by, draft in batch.drafts
        ]
        ledger.append(
            parts=[Append(heads[chain], context, [draft]) for of, context, draft in contexts if of == chain]
        )
        ledger.insert_beside_chains(
            parts=[(of, context, [draft]) for of, context, draft in contexts if of != chain]
        )
