"""Changing what colleagues may do."""

from collections.abc import Sequence

from audit.actor import Actor
from delegation import inputs
from delegation.act import MembershipSet, Outcome, acting, command
from delegation.effects import access as effects
from delegation.verbs import Verb
from delegation.wanted import Access
from identity.models import Membership


@command
def change(
    *,
    actor: Actor,
    memberships: Sequence[Membership],
    access: Access,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Put this access in the place of everything these colleagues hold here.

    Raises BadAccess, BadInput, BeyondAuthority, BeyondCeiling, LastAdmin and Unchanged besides what every act raises.
    """
    why = inputs.reason(reason)
    with acting(
        actor, Verb.ACCESS_CHANGE, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        effects.assign(act, act.on, access=access, reason=why)
        act.say(reason=why)
    return act.outcome
