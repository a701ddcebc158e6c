"""What the timer does for the supplier."""

from dataclasses import dataclass

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.models import IdempotencyRecord
from delegation.acts.subjects import SupplierSet
from delegation.authorization.verbs import Verb
from delegation.invitations.models import InvitationToken
from delegation.retention import expired

BATCH = 5000
"""Of each kind in one act: it holds the supplier's chain."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many of each were deleted."""

    answers: int
    links: int


@command
def purge(*, actor: Actor, idempotency_key: str | None = None) -> Outcome[Purged]:
    """Delete what is outdated, oldest first."""
    with acting(actor, Verb.RETENTION_PURGE, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        answers = list(expired.expired_idempotency_records(at=act.at).values_list("id", flat=True)[:BATCH])
        links = list(expired.dead_links(at=act.at).values_list("hash", flat=True)[:BATCH])
        IdempotencyRecord.objects.filter(id__in=answers).delete()
        InvitationToken.objects.filter(hash__in=links).delete()
        act.record(answers=len(answers), links=len(links))
        return act.set_result(Purged(len(answers), len(links)))
