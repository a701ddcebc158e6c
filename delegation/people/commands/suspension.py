"""Admins suspend members and let their access go on."""

from collections.abc import Sequence

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import MembershipSet
from delegation.authorization import input_cleaning
from delegation.authorization.verbs import Verb
from delegation.people import effects
from delegation.people.commands.members import Removed
from identity.memberships.models import Membership


@command
def suspend(
    *, actor: Actor, memberships: Sequence[Membership], reason: str = "", idempotency_key: str | None = None
) -> Outcome[Removed]:
    """Stop these members' access here and in every system until it is resumed; what they were given stays.

    Raises InvalidInput, LastAdmin and Unchanged besides the errors of every act.
    """
    reason = input_cleaning.reason(reason)
    with acting(
        actor, Verb.MEMBER_SUSPEND, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        ended = effects.suspend_members(act, act.on)
        return Removed.recorded(act, ended, reason=reason)


@command
def resume(
    *, actor: Actor, memberships: Sequence[Membership], reason: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """Let the access of suspended members go on. Raises InvalidInput and Unchanged besides the errors of every act."""
    reason = input_cleaning.reason(reason)
    with acting(
        actor, Verb.MEMBER_RESUME, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        effects.resume_members(act, act.on)
        act.record(reason=reason)
    return act.outcome
