"""What the timer does for the supplier."""

from typing import Any

from audit.actor import Actor
from delegation.act import Outcome, SupplierSet, acting, command
from delegation.models import InvitationToken, Once
from delegation.rules import outdated
from delegation.verbs import Verb

MOST = 5000
"""Of each kind in one act: it holds the supplier's chain."""


@command
def forget(*, actor: Actor, idempotency_key: str | None = None) -> Outcome:
    """Delete what is outdated, oldest first. The outcome's data counts `answers` to requests and `links`."""
    with acting(actor, Verb.RECORD_FORGET, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        answers = list(outdated.answers(at=act.at).values_list("id", flat=True)[:MOST])
        links = list(outdated.links(at=act.at).values_list("hash", flat=True)[:MOST])
        Once.objects.filter(id__in=answers).delete()
        InvitationToken.objects.filter(hash__in=links).delete()
        counts: dict[str, Any] = {"answers": len(answers), "links": len(links)}
        act.say(**counts)
        act.answer(**counts)
    return act.outcome
