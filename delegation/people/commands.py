"""Colleagues: remove them, bring them back."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.foundation.actor import Actor
from delegation.access import rules as access_rules
from delegation.access import store as access_store
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import MembershipSet
from delegation.authorization import input_cleaning
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.people import effects
from identity import lifecycle
from identity.memberships.models import Membership


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

    One colleague or ten thousand: the same number of statements. Raises InvalidInput and LastAdmin besides
    what every act raises.
    """
    why = input_cleaning.reason(reason)
    with acting(
        actor, Verb.MEMBER_REMOVE, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        ended = effects.end_members(act, act.on)
        act.record(
            reason=why, sign_ins=ended.sign_ins, families=ended.token_families, sessions=ended.sessions
        )
        return act.set_result(Removed(ended.sign_ins, ended.token_families, ended.sessions))


@command
def restore(
    *,
    actor: Actor,
    memberships: Sequence[Membership],
    access: AccessSpec,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Bring colleagues back with a new access. Nothing that was issued to them before comes back.

    Raises InvalidAccess, InvalidInput, ExceedsAuthority and ExceedsCeiling besides what every act raises.
    """
    why = input_cleaning.reason(reason)
    with acting(
        actor, Verb.MEMBER_RESTORE, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        access_rules.check_assignment_authority(
            actor=actor,
            verb=Verb.MEMBER_RESTORE,
            organization=act.organization,
            access=access,
            at=act.at,
            receivers=[row.user_id for row in act.on],
        )
        lifecycle.activate(memberships=act.ids, at=act.at)
        access_store.assign(
            memberships=act.ids, access=access, actor=actor, act=act.id, at=act.at, reason=why
        )
        for one in act.ids:
            act.record_change(
                one, before={"state": "ended"}, after={"state": "active", "access": [access.to_json()]}
            )
        act.record(reason=why)
    return act.outcome
