"""Colleagues: remove them, bring them back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from audit.actor import Actor
from audit.ledger import Subject
from delegation import granting, inputs, powers, rules
from delegation.act import Act, MembershipSet, Outcome, acting, command
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
        rules.keep_an_admin(organization=act.organization, losing=act.ids, at=act.at)
        states = powers.states(ids=act.ids, at=act.at)
        held = granting.held(memberships=act.ids, at=act.at)
        granting.close(memberships=act.ids, at=act.at)
        ended = lifecycle.end(memberships=act.ids, at=act.at)
        _withdraw_invitations(act)
        for one in act.ids:
            before = {"state": states[one], "access": held.get(one, [])}
            act.changed(one, before=before, after={"state": "ended"})
        act.say(reason=why, sign_ins=ended.sign_ins, families=ended.families, sessions=ended.sessions)
        return act.set_result(Removed(ended.sign_ins, ended.families, ended.sessions))


_WITHDRAW = """
UPDATE delegation_invitation SET cancelled_at = %(at)s
WHERE organization_id = %(organization)s AND invited_by = ANY(%(users)s)
  AND accepted_at IS NULL AND cancelled_at IS NULL
RETURNING id
"""


def _withdraw_invitations(act: Act) -> None:
    """Invitations that a leaver sent go with the leaver."""
    users = list({row.user_id for row in act.on})
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, {"organization": act.organization, "users": users, "at": act.at})
        named = [one for (one,) in cursor.fetchall()]
    for one in named:
        act.also(Verb.INVITATION_CANCEL, Subject("invitation", one), because=Verb.MEMBER_REMOVE)


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
