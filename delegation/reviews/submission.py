"""What a reviewer sends at once is carried out line by line: one that is refused stays open and stops no other."""

import contextlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audit.foundation import clock
from audit.foundation.actor import Actor, system
from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import ReviewOver, Unchanged
from delegation.reviews import queries
from delegation.reviews.commands import deciding, settling
from delegation.reviews.models import AccessReview, ReviewLine


@dataclass(frozen=True, slots=True)
class SentDecision:
    """Holds the decision about a line, and what identifies the access that the reviewer was shown."""

    line: ReviewLine
    decision: str
    shown: str


@dataclass(slots=True)
class Submitted:
    """Says which lines were decided, and why others are still open."""

    decided: list[uuid.UUID] = field(default_factory=list)
    refused: dict[uuid.UUID, DomainError] = field(default_factory=dict)


def submit(
    *, actor: Actor, decisions: Sequence[SentDecision], reason: str = "", idempotency_key: str
) -> Submitted:
    """Keep these lines in one act, and lower or end each other one in an act of its own. Raises Busy."""
    result = Submitted()
    kept = [one for one in decisions if one.decision == ReviewLine.LineDecision.KEEP]
    _keep(actor, kept, reason, idempotency_key, result)
    for one in decisions:
        if one.decision != ReviewLine.LineDecision.KEEP:
            _change(actor, one, reason, idempotency_key, result)
    if result.decided:
        _close_departed(decisions[0].line.review)
    return result


def _close_departed(review: AccessReview) -> None:
    """Close the lines of people who have left, so that they do not keep an answered review open."""
    left = queries.departed(review, at=clock.now())
    if left:
        # Another submission may close them first.
        with contextlib.suppress(ReviewOver, Unchanged):
            settling.settle_departed(actor=system(), lines=left)


def _keep(actor: Actor, kept: Sequence[SentDecision], reason: str, key: str, result: Submitted) -> None:
    """Keep all lines; where one of them is refused, each by itself."""
    if not kept:
        return
    shown: Mapping[uuid.UUID, str] = {one.line.id: one.shown for one in kept}
    own_key = f"{key}:{kept[0].line.id.hex}:{len(kept)}"
    try:
        deciding.keep(
            actor=actor,
            lines=[one.line for one in kept],
            shown=shown,
            reason=reason,
            idempotency_key=own_key,
        )
    except Busy:
        raise
    except DomainError as refusal:
        if len(kept) == 1:
            result.refused[kept[0].line.id] = refusal
        else:
            for one in kept:
                _keep(actor, [one], reason, key, result)
    else:
        result.decided += [one.line.id for one in kept]


def _change(actor: Actor, one: SentDecision, reason: str, key: str, result: Submitted) -> None:
    try:
        deciding.change(
            actor=actor,
            line=one.line,
            decision=one.decision,
            shown={one.line.id: one.shown},
            reason=reason,
            idempotency_key=f"{key}:{one.line.id.hex}",
        )
    except Busy:
        raise
    except DomainError as refusal:
        result.refused[one.line.id] = refusal
    else:
        result.decided.append(one.line.id)
