"""Each test call leaves an event in the supplier's log, whether or not the target answers."""

import uuid

from audit.foundation import db
from audit.foundation.actor import Actor
from audit.log import ledger, observations
from audit.log.ledger import Subject
from delegation.acts import locks
from delegation.authorization.event_types import Observation
from provisioning.accounts.probe import Probe


def record(*, actor: Actor, application: str, target: uuid.UUID | None, answer: Probe) -> None:
    """Record that this staff member sent a test call, and its answer. A transaction of its own.

    `target` is None for an address that is not stored yet; neither the address nor the token is recorded.
    """
    with db.busy_on_timeout(), observations.recording(actor=actor) as batch:
        db.limit_lock_waits(longest=locks.lock_timeout(actor))
        batch.add(
            Observation.TARGET_TESTED,
            subject=Subject("supplier", ledger.SUPPLIER),
            chain=ledger.SUPPLIER,
            facts={
                "application": application,
                "target": str(target) if target else None,
                "code": answer.code or None,
            },
        )
