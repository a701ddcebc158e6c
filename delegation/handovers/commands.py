"""An admin begins a handover, the successor accepts, and the admin completes it in one act; both can end it."""

import dataclasses
import uuid

from audit.foundation import ids
from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.authorization.errors import InvalidInput
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.departures import due
from delegation.handovers import effects, rules, subjects
from delegation.handovers.models import Handover
from delegation.handovers.subjects import GiverSet
from delegation.invitations import effects as invitations_effects
from delegation.invitations.recipients import Recipient
from identity.memberships.models import Membership

_STEP = Handover.HandoverStep


@dataclasses.dataclass(frozen=True, slots=True)
class HandoverOpened:
    """Names the handover; `link` is the secret of the invitation of a new address, which the caller mails."""

    handover: uuid.UUID
    link: str = dataclasses.field(default="", metadata=NOT_STORED)


@dataclasses.dataclass(frozen=True, slots=True)
class HandoverDone:
    """Says what became of the giver."""

    fate: str


@command
def open_handover(
    *, actor: Actor, giver: Membership, successor: Membership, idempotency_key: str | None = None
) -> Outcome[HandoverOpened]:
    """Ask a colleague to take over; no access changes.

    Raises AlreadyExists beside another one, and InvalidInput for an admin and for someone who is no colleague.
    """
    on = GiverSet(giver, successor)
    with acting(actor, Verb.HANDOVER_OPEN, on=on, idempotency_key=idempotency_key) as act:
        _begin(act)
        rules.require_successor(successor, giver=giver, at=act.at)
        row = _insert(act, successor=successor)
        act.record(successor=str(successor.id))
        return act.set_result(HandoverOpened(row.id))


@command
def open_for_address(
    *, actor: Actor, giver: Membership, email: str, language: str, idempotency_key: str | None = None
) -> Outcome[HandoverOpened]:
    """Invite a new address with the lowest tier, and ask this person to take over after joining.

    Raises AlreadyExists, and what `invitations.invite` raises.
    """
    person = Recipient(email).cleaned()
    due.carry_out(organization=giver.organization_id)
    with acting(actor, Verb.HANDOVER_OPEN, on=GiverSet(giver), idempotency_key=idempotency_key) as act:
        _begin(act)
        tiers = rules.lower_tiers(giver=giver.id, at=act.at)
        if not tiers:
            raise InvalidInput(field="email", problem="unknown")
        access = AccessSpec(tiers[0], all_sites=True)
        invitation, link = invitations_effects.invite(act, person=person, access=access, language=language)
        row = _insert(act, invitation=invitation)
        act.record(invitation=str(invitation.id))
        return act.set_result(HandoverOpened(row.id, link))


def _begin(act: Act) -> None:
    """Check the giver, and end the giver's handover that its time has ended."""
    (giver,) = act.on
    rules.require_giver(giver, at=act.at)
    former = rules.require_none_live(giver, at=act.at)
    if former is not None:
        former.step, former.closed_by, former.closed_at = _STEP.REPLACED, act.actor.id, act.at
        former.save(update_fields=["step", "closed_by", "closed_at"])
        act.record(replaced=str(former.id))


def _insert(act: Act, **to: object) -> Handover:
    (giver,) = act.on
    row = Handover.objects.create(
        id=ids.uuid7(),
        organization_id=giver.organization_id,
        giver=giver,
        opened_at=act.at,
        act=act.id,
        ends_at=act.at + rules.LASTS,
        **to,
    )
    act.record(handover=str(row.id), handover_until=row.ends_at.isoformat())
    return row


@command
def accept(*, actor: Actor, handover: Handover, idempotency_key: str | None = None) -> Outcome[None]:
    """Accept as the successor; no access changes before the giver completes it.

    Raises HandoverOver besides the errors of every act.
    """
    on = subjects.of_handover(handover)
    with acting(actor, Verb.HANDOVER_ACCEPT, on=on, idempotency_key=idempotency_key) as act:
        row = _locked(handover)
        rules.require_step(row, _STEP.OPEN, at=act.at)
        row.successor, row.step, row.accepted_at = on.successor, _STEP.ACCEPTED, act.at
        row.save(update_fields=["successor", "step", "accepted_at"])
        act.record(handover=str(row.id), successor=str(row.successor_id))
    return act.outcome


@command
def close(*, actor: Actor, handover: Handover, idempotency_key: str | None = None) -> Outcome[None]:
    """Cancel it as the giver, or decline it as the successor, also after the acceptance; no access changes.

    Raises HandoverOver besides the errors of every act.
    """
    on = subjects.of_handover(handover)
    with acting(actor, Verb.HANDOVER_CLOSE, on=on, idempotency_key=idempotency_key) as act:
        row = _locked(handover)
        rules.require_step(row, *rules.LIVE, at=act.at)
        row.step = _STEP.CANCELLED if actor.id == on.giver.user_id else _STEP.DECLINED
        row.closed_by, row.closed_at = actor.id, act.at
        row.save(update_fields=["step", "closed_by", "closed_at"])
        act.record(handover=str(row.id), handover_step=row.step)
    return act.outcome


@command
def complete(
    *, actor: Actor, handover: Handover, stay_as: str = "", idempotency_key: str | None = None
) -> Outcome[HandoverDone]:
    """Give the successor all that the giver holds, and let the giver stay with a lower tier, or leave without one.

    One act: at no instant is the organization without a working admin, and no role is without a holder.
    Raises HandoverNotReady, HandoverOver, InvalidInput, LastAdmin, and what assigning the access raises.
    """
    on = subjects.of_handover(handover)
    with acting(actor, Verb.HANDOVER_COMPLETE, on=on, idempotency_key=idempotency_key) as act:
        row = _locked(handover)
        rules.require_step(row, *rules.LIVE, at=act.at)
        (giver,) = act.on
        rules.require_giver(giver, at=act.at)
        successor = rules.require_ready(row, at=act.at)
        row.fate = Handover.Fate.STAYS if stay_as else Handover.Fate.LEAVES
        effects.give(act, giver=giver, successor=successor)
        effects.release(act, giver, stay_as=stay_as)
        row.step, row.closed_by, row.closed_at = _STEP.COMPLETED, actor.id, act.at
        row.save(update_fields=["step", "fate", "closed_by", "closed_at"])
        act.record(handover=str(row.id), successor=str(successor.id), fate=row.fate)
        return act.set_result(HandoverDone(row.fate))


def _locked(handover: Handover) -> Handover:
    rows = Handover.objects.select_for_update(of=("self",)).select_related("successor", "giver")
    return rows.get(id=handover.id)
