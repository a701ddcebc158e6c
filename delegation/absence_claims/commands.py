"""Colleagues ask an admin, or say that the admin has left; the admin, the others and support close the claim."""

import uuid
from dataclasses import dataclass

from django.conf import settings

from audit.foundation.actor import Actor
from delegation.absence_claims import rules
from delegation.absence_claims.models import AbsenceClaim
from delegation.absence_claims.subjects import AdminSet, ClaimedAdmin
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership

_STATE = AbsenceClaim.State


@dataclass(frozen=True, slots=True)
class Claimed:
    """Names the claim."""

    claim: uuid.UUID


@dataclass(frozen=True, slots=True)
class Closed:
    """Says what became of the claim."""

    state: str


@command
def ask(
    *, actor: Actor, admin: Membership, message: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Record that a colleague asks this admin; the channel mails the message.

    Raises InvalidInput without a message, and NotFound for a member who is no admin of the actor.
    """
    message = input_cleaning.line(message, field="message", longest=input_cleaning.REASON, required=True)
    with acting(actor, Verb.ADMIN_ASK, on=AdminSet(admin), idempotency_key=idempotency_key) as act:
        (member,) = act.on
        rules.require_admin_of(member, user=actor.id, at=act.at)
        act.record(reason=message)
    return act.outcome


@command
def claim(
    *,
    actor: Actor,
    admin: Membership,
    reason: str,
    message: str = "",
    idempotency_key: str | None = None,
) -> Outcome[Claimed]:
    """Say that this admin has left or does not answer. The admin's access does not change.

    Raises AlreadyExists, AnsweredRecently and InvalidInput besides the errors of every act.
    """
    message = _checked(reason, message)
    with acting(actor, Verb.ABSENCE_CLAIM, on=AdminSet(admin), idempotency_key=idempotency_key) as act:
        (member,) = act.on
        rules.require_admin_of(member, user=actor.id, at=act.at)
        rules.require_claimable(member, at=act.at)
        row = AbsenceClaim.objects.create(
            membership=member,
            organization_id=member.organization_id,
            person=member.user_id,
            reason=reason,
            claimed_by=actor.id,
            claimed_at=act.at,
            act=act.id,
            answer_by=act.at + settings.ABSENCE_CLAIM_WAIT,
        )
        facts = {"person": str(row.person), "absence": reason, "answer_by": row.answer_by.isoformat()}
        act.record(reason=message, claim=str(row.id), **facts)
        return act.set_result(Claimed(row.id))


def _checked(reason: str, message: str) -> str:
    if reason not in AbsenceClaim.Absence.values:
        raise InvalidInput(field="reason", problem="unknown")
    return input_cleaning.reason(message)


@command
def close(
    *, actor: Actor, claim: AbsenceClaim, note: str = "", idempotency_key: str | None = None
) -> Outcome[Closed]:
    """Close the claim: the admin is here, the colleague withdraws it, or another admin or support dismisses it.

    Who acts decides which of these it is. Raises ClaimClosed besides the errors of every act.
    """
    note = input_cleaning.reason(note)
    subjects = ClaimedAdmin(claim)
    with acting(actor, Verb.ABSENCE_CLOSE, on=subjects, idempotency_key=idempotency_key) as act:
        row = AbsenceClaim.objects.select_for_update().get(id=claim.id)
        rules.require_open(row)
        states = {row.person: _STATE.HERE, row.claimed_by: _STATE.WITHDRAWN}
        row.state = states.get(actor.id, _STATE.DISMISSED)
        row.closed_by, row.closed_at = actor.id, act.at
        row.save(update_fields=["state", "closed_by", "closed_at"])
        act.record(reason=note, claim=str(row.id), claim_state=row.state)
        return act.set_result(Closed(row.state))
