"""The reviewer keeps lines together in one act, and lowers or ends each other one in an act of its own."""

import uuid
from collections.abc import Mapping, Sequence

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.verbs import Verb
from delegation.reviews import effects, rules
from delegation.reviews.models import ReviewLine
from delegation.reviews.subjects import LineSet

_DECISION, _BASIS = ReviewLine.LineDecision, ReviewLine.Basis


@command
def keep(
    *,
    actor: Actor,
    lines: Sequence[ReviewLine],
    shown: Mapping[uuid.UUID, str],
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Keep the access of these lines of one review as it was shown. The number of statements is constant.

    Raises AccessChanged with the lines that hold something else by now, and ReviewOver.
    """
    reason = input_cleaning.reason(reason)
    with acting(actor, Verb.REVIEW_DECIDE, on=LineSet(lines), idempotency_key=idempotency_key) as act:
        rules.require_undecided(act.on)
        rules.require_as_shown(act.on, shown, at=act.at)
        effects.mark(act, act.on, _DECISION.KEEP, _BASIS.REVIEWED)
        effects.close_if_done(act, act.on[0].review)
        act.record(reason=reason)
    return act.outcome


@command
def change(
    *,
    actor: Actor,
    line: ReviewLine,
    decision: str,
    shown: Mapping[uuid.UUID, str],
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Lower or end the access of one line: the change and the decision are one act.

    Raises AccessChanged, ReviewOver, and what changing or ending this person's access raises.
    """
    reason = input_cleaning.reason(reason)
    if decision not in {_DECISION.LOWER, _DECISION.END}:
        raise InvalidInput(field="decision", problem="unknown")
    with acting(actor, Verb.REVIEW_DECIDE, on=LineSet([line]), idempotency_key=idempotency_key) as act:
        rules.require_undecided(act.on)
        rules.require_as_shown(act.on, shown, at=act.at)
        (row,) = act.on
        effects.carry_out(act, row, decision, to_lowest=False)
        effects.mark(act, act.on, decision, _BASIS.REVIEWED)
        effects.close_if_done(act, row.review)
        act.record(reason=reason)
    return act.outcome
