"""The system warns the reviewers, closes the lines of people who left, and does what silence was set to do."""

from collections.abc import Sequence

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization.errors import (
    ConflictingAccess,
    ExceedsCeiling,
    InvalidAccess,
    LastAdmin,
    Unchanged,
)
from delegation.authorization.verbs import Verb
from delegation.reviews import effects, rules, steps
from delegation.reviews.models import AccessReview, ReviewLine
from delegation.reviews.subjects import LineSet, ReviewSet

_DECISION, _BASIS = ReviewLine.LineDecision, ReviewLine.Basis


@command
def warn(*, actor: Actor, review: AccessReview) -> Outcome[None]:
    """Record that the reviewers are warned; from the second time on, the fallback decides about everyone.

    Raises Unchanged where it is too early or no admin can answer, and ReviewOver.
    """
    with acting(actor, Verb.REVIEW_WARN, on=ReviewSet(review)) as act:
        (row,) = act.on
        rules.require_open(row)
        if row.warnings >= rules.WARNINGS or act.at < rules.warns_at(row):
            raise Unchanged
        rules.require_answerable(row, at=act.at)
        row.warnings, row.warned_at = row.warnings + 1, act.at
        row.save(update_fields=["warnings", "warned_at"])
        act.record(**steps.review_facts(row))
    return act.outcome


@command
def settle_departed(*, actor: Actor, lines: Sequence[ReviewLine]) -> Outcome[None]:
    """Close the lines of those who left before an answer. Raises ReviewOver, and Unchanged for one who is present."""
    with acting(actor, Verb.REVIEW_SETTLE, on=LineSet(lines)) as act:
        rules.require_undecided(act.on)
        if any(rules.digests(act.on, at=act.at).values()):
            raise Unchanged
        effects.mark(act, act.on, _DECISION.LEFT, _BASIS.LEFT)
        effects.close_if_done(act, act.on[0].review)
    return act.outcome


@command
def settle_silent(*, actor: Actor, line: ReviewLine) -> Outcome[None]:
    """Do to one line without an answer in time what was set at the start.

    The only admin, and one who has nothing lower, is kept. Raises ReviewOver, and Unchanged where it is too early or
    no admin can answer.
    """
    try:
        return _settle(actor, line, keeps="")
    except LastAdmin:
        return _settle(actor, line, keeps=_BASIS.LAST_ADMIN)
    except (Unchanged, ConflictingAccess, InvalidAccess, ExceedsCeiling):
        return _settle(actor, line, keeps=_BASIS.NOT_LOWER)


def _settle(actor: Actor, line: ReviewLine, *, keeps: str) -> Outcome[None]:
    with acting(actor, Verb.REVIEW_SETTLE, on=LineSet([line])) as act:
        rules.require_undecided(act.on)
        (row,) = act.on
        review = row.review
        if review.warnings < rules.WARNINGS or act.at < rules.lapses_at(review):
            raise Unchanged
        rules.require_answerable(review, at=act.at)
        # A program has the rights of its owner, and is lowered with the owner.
        is_kept = keeps or (row.service_user_id and review.silence == _DECISION.LOWER)
        decision = _DECISION.KEEP if is_kept else review.silence
        effects.carry_out(act, row, decision, to_lowest=True)
        effects.mark(act, act.on, decision, keeps or (_BASIS.NOT_LOWER if is_kept else _BASIS.SILENCE))
        effects.close_if_done(act, review)
    return act.outcome
