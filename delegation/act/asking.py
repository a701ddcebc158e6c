"""Asking the policy, and saying no in a way that tells strangers nothing."""

import datetime as dt

from audit.actor import Actor
from audit.ledger import Subject
from delegation import policy
from delegation.act.subjects import Subjects
from delegation.errors import Denied, NotFound
from delegation.policy import Decision
from delegation.verbs import Verb

_NAMED = 20
"""How many of a large set are named in a refusal."""


def whole(*, found: Subjects, actor: Actor, verb: Verb, at: dt.datetime) -> None:
    """Raises Denied or NotFound unless `verb` may be done to all of the set."""
    _heed(found.decide(actor, verb, at))


def one(*, actor: Actor, verb: Verb, subject: Subject, at: dt.datetime) -> None:
    """The same for one further subject of an act under way."""
    if subject.kind == "membership":
        _heed(policy.on_memberships(actor=actor, verb=verb, memberships=[subject.id], at=at))
    elif subject.kind == "organization":
        _heed(policy.on_organization(actor=actor, verb=verb, organization=subject.id, at=at))
    else:
        raise Denied(reason="not_held")


def _heed(decision: Decision) -> None:
    if decision:
        return
    if not decision.seen:
        raise NotFound
    raise Denied(reason=decision.reason, refused=[str(one) for one in decision.refused[:_NAMED]])
