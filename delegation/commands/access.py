"""Changing what colleagues may do."""

from collections.abc import Mapping, Sequence
from typing import Any

from audit.actor import Actor
from delegation import granting, inputs, rules
from delegation.act import Act, MembershipSet, Outcome, acting, command
from delegation.errors import Unchanged
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
        _allowed(act, access)
        before = granting.held(memberships=act.ids, at=act.at)
        if all(_is_only(before.get(one, ()), access) for one in act.ids):
            raise Unchanged
        granting.close(memberships=act.ids, at=act.at)
        granting.give(memberships=act.ids, access=access, actor=actor, act=act.id, at=act.at, reason=why)
        for one in act.ids:
            act.changed(one, before={"access": before.get(one, [])}, after={"access": [access.to_json()]})
        act.say(reason=why)
    return act.outcome


def _allowed(act: Act, access: Access) -> None:
    rules.within_authority(
        actor=act.actor,
        verb=act.verb,
        organization=act.organization,
        access=access,
        at=act.at,
        receivers=[row.user_id for row in act.on],
    )
    if not rules.makes_an_admin(access=access, at=act.at):
        rules.keep_an_admin(organization=act.organization, losing=act.ids, at=act.at)


def _is_only(held: Sequence[Mapping[str, Any]], access: Access) -> bool:
    """Whether this access, and no other, is what is held."""
    return len(held) == 1 and Access.from_json(held[0]) == access
