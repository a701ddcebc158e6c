"""Asking the policy, and saying no in a way that tells strangers nothing."""

import datetime as dt

from audit.actor import Actor
from audit.ledger import Subject
from delegation import policy
from delegation.act.subjects import Subjects
from delegation.errors import Denied, NotFound
from delegation.policy import Decision
from delegation.verbs import On, Verb

_CALLED = {"user": On.PERSON}
"""Kinds of subjects that a verb's rule calls otherwise."""
_NAMED = 20
"""How many of a large set are named in a refusal."""


def whole(*, found: Subjects, actor: Actor, verb: Verb, at: dt.datetime) -> None:
    """Raises Denied or NotFound unless `verb` may be done to all of the set.

    Raises TypeError for a set of a kind that the verb is not done to: a mistake in a command, and nobody's refusal.
    """
    _fits(verb, On.SUPPLIER if found.founding else found.kind)
    _heed(found.decide(actor, verb, at))


def one(*, actor: Actor, verb: Verb, subject: Subject, at: dt.datetime) -> None:
    """The same for one further subject of an act under way."""
    _fits(verb, subject.kind)
    if verb.rule.on is On.MEMBERSHIP:
        _heed(policy.on_memberships(actor=actor, verb=verb, memberships=[subject.id], at=at))
    elif verb.rule.on is On.ORGANIZATION:
        _heed(policy.on_organization(actor=actor, verb=verb, organization=subject.id, at=at))
    else:
        raise TypeError(
            f"{verb} is never decided as what follows from another act: let the first verb entail it (Rule.entails), or"
            " do it in an act of its own."
        )


def _fits(verb: Verb, kind: str) -> None:
    if verb.rule.on != _CALLED.get(kind, kind):
        raise TypeError(f"{verb} is done to {verb.rule.on}, not to {kind}: pass that, or use another verb.")


def _heed(decision: Decision) -> None:
    if decision:
        return
    if not decision.seen:
        raise NotFound
    raise Denied(reason=decision.reason, refused=[str(one) for one in decision.refused[:_NAMED]])
