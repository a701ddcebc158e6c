"""Asking the policy, and saying no in a way that tells strangers nothing."""

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

_NAMED = 20
"""How many of a large set are named in a refusal."""


def require_all(*, on: SubjectSet, actor: Actor, verb: Verb, at: dt.datetime) -> None:
    """Raises Denied or NotFound unless `verb` may be done to all of the set.

    Raises TypeError for a set of a kind that the verb is not done to: a mistake in a command, and nobody's refusal.
    """
    _raise_unless_allowed(policy.decide(actor=actor, verb=verb, on=on, at=at))


def require_one(*, actor: Actor, verb: Verb, subject: Subject, at: dt.datetime) -> None:
    """The same for one further subject of an act under way."""
    policy.check_kind(verb, subject.kind)
    by_id = policy.BY_ID.get(verb.rule.on)
    if by_id is None:
        raise TypeError(
            f"{verb} is never decided as what follows from another act: let the first verb entail it (Rule.entails), or"
            " do it in an act of its own."
        )
    _raise_unless_allowed(policy.decide(actor=actor, verb=verb, on=by_id(subject.id), at=at))


def require_members(*, actor: Actor, verb: Verb, ids: Sequence[uuid.UUID], at: dt.datetime) -> None:
    """The same for further members of an act under way: two statements, whatever the size."""
    _raise_unless_allowed(policy.decide(actor=actor, verb=verb, on=policy.MembershipIds(ids), at=at))


def _raise_unless_allowed(decision: Decision) -> None:
    if decision:
        return
    if not decision.seen:
        raise NotFound
    raise Denied(reason=decision.reason, refused=[str(one) for one in decision.refused[:_NAMED]])
