"""Colleagues: remove them, bring them back."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.actor import Actor
from delegation import granting, inputs, rules
from delegation.act import MembershipSet, Outcome, acting, command
from delegation.effects import people
from delegation.verbs import Verb
from delegation.wanted import Access
from identity import lifecycle
from identity.models import Membership


@dataclass(frozen=True, slots=True)
class Removed:
    """How many of each ended with the access."""

    sign_ins: int
    token_families: int
    sessions: int


@command
def remove(
    *, actor: Actor, memberships: Sequence[Membership], reason: str = "", idempotency_key: str | None = None
) -> Outcome[Removed]:
    """End these colleagues' access here and, through the recorded events, everywhere.

    One colleague or ten thousand: the same number of statements. Raises BadInput and LastAdmin besides
    what every act raises.
    """
    why = inputs.reason(reason)
    with acting(
        actor, Verb.MEMBER_REMOVE, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        ended = people.end_members(act, act.on)
        act.say(reason=why, sign_ins=ended.sign_ins, families=ended.families, sessions=ended.sessions)
        return act.set_result(Removed(ended.sign_ins, ended.families, ended.sessions))


@command
def restore(
    *,
    actor: Actor,
    memberships: Sequence[Membership],
    access: Access,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Bring colleagues back with a new access. Nothing that was issued to them before comes back.

    Raises BadAccess, BadInput, BeyondAuthority and BeyondCeiling besides what every act raises.
    """
    why = inputs.reason(reason)
    with acting(
        actor, Verb.MEMBER_RESTORE, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        rules.within_authority(
            actor=actor,
            verb=Verb.MEMBER_RESTORE,
            organization=act.organization,
            access=access,
            at=act.at,
            receivers=[row.user_id for row in act.on],
        )
        lifecycle.begin(memberships=act.ids, at=act.at)
        granting.give(memberships=act.ids, access=access, actor=actor, act=act.id, at=act.at, reason=why)
        for one in act.ids:
            act.changed(
                one, before={"state": "ended"}, after={"state": "active", "access": [access.to_json()]}
            )
        act.say(reason=why)
    return act.outcome
