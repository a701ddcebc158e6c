"""Every act locks in one order: chains by id, then user rows by id, then the rest. Do nothing slow under them."""

import datetime as dt
import uuid
from collections.abc import Iterable

from audit.foundation import db
from audit.foundation.actor import Actor, Channel
from audit.log import ledger
from audit.log.ledger import ChainHead
from identity.people import user_locks

PEOPLE = dt.timedelta(seconds=3)
MACHINES = dt.timedelta(milliseconds=250)


def lock_timeout(actor: Actor) -> dt.timedelta:
    """Return how long an act on this actor's channel waits for a lock."""
    return MACHINES if actor.channel in {Channel.API, Channel.SCIM, Channel.OIDC} else PEOPLE


def acquire(
    *, chains: Iterable[uuid.UUID], users: Iterable[uuid.UUID], actor: Actor
) -> dict[uuid.UUID, ChainHead]:
    """Take all locks of an act until its transaction ends, and return the chain heads. Five statements at most."""
    db.limit_lock_waits(longest=lock_timeout(actor))
    chain_heads = ledger.lock_chains(chains=chains)
    _lock_users(set(users), actor)
    return chain_heads


def _lock_users(subjects: set[uuid.UUID], actor: Actor) -> None:
    """Lock subjects FOR UPDATE and the actor FOR SHARE, in ascending order, so that no two acts wait in a circle."""
    if not actor.is_person or actor.id in subjects:
        user_locks.lock_users(users=sorted(subjects), mode="UPDATE")
        return
    user_locks.lock_users(users=sorted(user for user in subjects if user < actor.id), mode="UPDATE")
    user_locks.lock_users(users=[actor.id], mode="SHARE")
    user_locks.lock_users(users=sorted(user for user in subjects if user > actor.id), mode="UPDATE")
