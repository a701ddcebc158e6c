"""What the timer does for the supplier."""

from dataclasses import dataclass

from audit.actor import Actor
from delegation.act import Outcome, SupplierSet, acting, command
from delegation.models import InvitationToken, Once
from delegation.rules import outdated
from delegation.verbs import Verb

MOST = 5000
"""Of each kind in one act: it holds the supplier's chain."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many of each were deleted."""

    answers: int
    links: int


@command
def forget(*, actor: Actor, idempotency_key: str | None = None) -> Outcome[Purged]:
    """Delete what is outdated, oldest first."""
    with acting(actor, Verb.RECORD_FORGET, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        answers = list(outdated.answers(at=act.at).values_list("id", flat=True)[:MOST])
        links = list(outdated.links(at=act.at).values_list("hash", flat=True)[:MOST])
        Once.objects.filter(id__in=answers).delete()
        InvitationToken.objects.filter(hash__in=links).delete()
        act.say(answers=len(answers), links=len(links))
        return act.set_result(Purged(len(answers), len(links)))
