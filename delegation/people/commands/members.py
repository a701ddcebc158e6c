"""Admins remove, restore and sign out members."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import MembershipSet
from delegation.authorization import input_cleaning
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.departures import due
from delegation.people import effects
from delegation.people.commands.self_service import SignedOut
from identity.memberships.models import Membership
from identity.revocation import Revoked


@dataclass(frozen=True, slots=True)
class Removed:
    """Counts the sign-ins, token families and browser sessions that a removal ended."""

    sign_ins: int
    token_families: int
    sessions: int

    @classmethod
    def recorded(cls, act: Act, ended: Revoked, *, reason: str = "") -> "Outcome[Removed]":
        """Record in every event of the act what it ended, and set that as its result."""
        offline = {key: until.isoformat() for key, until in sorted(ended.offline.items())}
        act.record(
            reason=reason,
            sign_ins=ended.sign_ins,
            token_families=ended.token_families,
            sessions=ended.sessions,
            **({"offline_tokens": offline} if offline else {}),
        )
        return act.set_result(cls(ended.sign_ins, ended.token_families, ended.sessions))


@command
def remove(
    *, actor: Actor, memberships: Sequence[Membership], reason: str = "", idempotency_key: str | None = None
) -> Outcome[Removed]:
    """End these members' access here and, through the recorded events, in every other system.

    The number of statements does not grow with the set. Raises InvalidInput and LastAdmin besides the errors of every
    act.
    """
    reason = input_cleaning.reason(reason)
    with acting(
        actor, Verb.MEMBER_REMOVE, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        ended = effects.end_members(act, act.on)
        return Removed.recorded(act, ended, reason=reason)


@command
def sign_out(
    *,
    actor: Actor,
    membership: Membership,
    sign_in: uuid.UUID | None = None,
    idempotency_key: str | None = None,
) -> Outcome[SignedOut]:
    """End what this member has open for this organization: one sign-in, or all. Other organizations are untouched.

    Raises Unchanged for a sign-in that has ended already, and NotFound for one of another membership.
    """
    with acting(
        actor, Verb.MEMBER_SIGN_OUT, on=MembershipSet([membership]), idempotency_key=idempotency_key
    ) as act:
        revoked = effects.sign_out_of(act, sign_in) if sign_in else effects.sign_out_all(act)
        act.record(
            sign_ins=revoked.sign_ins,
            token_families=revoked.token_families,
            sessions=revoked.sessions,
        )
        return act.set_result(SignedOut(revoked.sessions, revoked.sign_ins, revoked.token_families))


@command
def restore(
    *,
    actor: Actor,
    memberships: Sequence[Membership],
    access: AccessSpec,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Restore former members with a new access. Their earlier sessions, tokens and invitations stay ended.

    Raises InvalidAccess, InvalidInput, ExceedsAuthority and ExceedsCeiling besides the errors of every act.
    """
    reason = input_cleaning.reason(reason)
    for organization in {row.organization_id for row in memberships}:
        due.carry_out(organization=organization)
    with acting(
        actor, Verb.MEMBER_RESTORE, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        effects.restore_members(act, act.on, access=access)
        act.record(reason=reason)
    return act.outcome
