"""Acts ask the policy, and refuse without revealing what the actor may not see."""

import datetime as dt
import uuid
from collections.abc import Sequence

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.acts.subjects import SubjectSet
from delegation.authorization import policy
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb

_MAX_LISTED = 20
"""How many ids of a large set a refusal lists."""


def require_all(*, on: SubjectSet, actor: Actor, verb: Verb, at: dt.datetime) -> None:
    """Raise Denied or NotFound unless the actor may do `verb` to the whole set.

    Raises TypeError for a set of a kind that the verb does not apply to: an error in a command, not a refusal.
    """
    _raise_unless_allowed(policy.decide(actor=actor, verb=verb, on=on, at=at))


def require_one(*, actor: Actor, verb: Verb, subject: Subject, at: dt.datetime) -> None:
    """Raise Denied or NotFound unless the actor may do `verb` to one more subject of an act under way."""
    policy.check_kind(verb, subject.kind)
    by_id = policy.BY_ID.get(verb.rule.on)
    if by_id is None:
        raise TypeError(
            f"{verb} cannot be authorized as a consequence of another act: let the first verb imply it (Rule.implies),"
            " or do it in a separate act."
        )
    _raise_unless_allowed(policy.decide(actor=actor, verb=verb, on=by_id(subject.id), at=at))


def require_members(*, actor: Actor, verb: Verb, ids: Sequence[uuid.UUID], at: dt.datetime) -> None:
    """Raise Denied or NotFound unless the actor may do `verb` to these other members. Two statements."""
    _raise_unless_allowed(policy.decide(actor=actor, verb=verb, on=policy.MembershipIds(ids), at=at))


def _raise_unless_allowed(decision: Decision) -> None:
    if decision:
        return
    if not decision.visible:
        raise NotFound
    raise Denied(reason=decision.reason, refused=[str(subject) for subject in decision.refused[:_MAX_LISTED]])
