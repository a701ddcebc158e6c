"""Support asks to replace a person's lost second factor, another of the staff agrees, and the person does it once."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from audit.foundation.actor import Actor
from audit.log import ledger
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.person_set import PersonSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput, NotFound
from delegation.authorization.verbs import Verb
from delegation.factor_recoveries import rules
from delegation.factor_recoveries.models import FactorRecovery
from delegation.factor_recoveries.subjects import MemberToRecover
from identity import erasure, revocation
from identity.memberships.models import Membership
from identity.people.models import User

_STATE = FactorRecovery.State


@dataclass(frozen=True, slots=True)
class RecoveryOpened:
    """Names the request."""

    recovery: uuid.UUID


@command
def open_request(
    *,
    actor: Actor,
    membership: Membership,
    recognition: str,
    proof: str,
    idempotency_key: str | None = None,
) -> Outcome[RecoveryOpened]:
    """Ask to let this member replace the second factor; nothing changes for the member yet.

    `proof` says how the person was recognized. Raises InvalidInput, NothingToRecover and AlreadyExists besides the
    errors of every act.
    """
    proof = input_cleaning.reason(proof)
    if not proof:
        raise InvalidInput(field="proof", problem="missing")
    if recognition not in FactorRecovery.Recognition.values:
        raise InvalidInput(field="recognition", problem="unknown")
    subject = MemberToRecover(membership)
    with acting(actor, Verb.FACTOR_RECOVERY_OPEN, on=subject, idempotency_key=idempotency_key) as act:
        (member,) = act.on
        rules.require_recoverable(member, at=act.at)
        row = FactorRecovery.objects.create(
            membership=member,
            organization_id=member.organization_id,
            recognition=recognition,
            opened_by=actor.id,
            opened_at=act.at,
            act=act.id,
            ends_at=act.at + rules.OPEN_FOR,
        )
        _record(act, row, proof, recognition=recognition, recovery_until=row.ends_at.isoformat())
        return act.set_result(RecoveryOpened(row.id))


@command
def agree(
    *, actor: Actor, recovery: FactorRecovery, note: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """Let the person replace the second factor once, after the waiting time, at a sign-in with the password.

    Raises OwnRecovery, NothingToRecover and RecoveryOver besides the errors of every act.
    """
    note, subject = input_cleaning.reason(note), MemberToRecover(recovery.membership)
    with acting(actor, Verb.FACTOR_RECOVERY_AGREE, on=subject, idempotency_key=idempotency_key) as act:
        row = FactorRecovery.objects.select_for_update().get(id=recovery.id)
        rules.require_decidable(row, actor=actor, at=act.at)
        row.state, row.decided_by, row.decided_at = _STATE.AGREED, actor.id, act.at
        row.usable_from = act.at + settings.FACTOR_RECOVERY_WAIT
        row.ends_at = row.usable_from + rules.USABLE_FOR
        row.save(update_fields=["state", "decided_by", "decided_at", "usable_from", "ends_at"])
        until = row.ends_at.isoformat()
        _record(act, row, note, usable_from=row.usable_from.isoformat(), recovery_until=until)
    return act.outcome


@command
def refuse(
    *, actor: Actor, recovery: FactorRecovery, note: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """Refuse the request, or withdraw it by the one who opened it; also after the agreement, until it is used.

    Raises RecoveryOver besides the errors of every act.
    """
    note, subject = input_cleaning.reason(note), MemberToRecover(recovery.membership)
    with acting(actor, Verb.FACTOR_RECOVERY_REFUSE, on=subject, idempotency_key=idempotency_key) as act:
        row = FactorRecovery.objects.select_for_update().get(id=recovery.id)
        rules.require_live(row, at=act.at)
        if row.state == _STATE.OPEN:
            row.decided_by, row.decided_at = actor.id, act.at
        row.state = _STATE.WITHDRAWN if actor.id == row.opened_by else _STATE.REFUSED
        row.save(update_fields=["state", "decided_by", "decided_at"])
        _record(act, row, note, recovery_state=row.state)
    return act.outcome


@command
def use(*, actor: Actor, person: User, idempotency_key: str | None = None) -> Outcome[None]:
    """Remove the person's own factors and recovery codes, and end everything that was issued to the person.

    The next sign-in, with the password alone, adds a new factor. Raises NotFound without an agreed request in time.
    """
    with acting(
        actor, Verb.FACTOR_RECOVERY_USE, on=PersonSet(person), idempotency_key=idempotency_key
    ) as act:
        row = rules.usable_of(user=person.id, at=act.at, lock=True)
        if row is None:
            raise NotFound
        row.state, row.used_at = _STATE.USED, act.at
        row.save(update_fields=["state", "used_at"])
        removed = erasure.remove_factors(person=person)
        revoked = revocation.revoke_users(users=[person.id], at=act.at)
        act.record(
            recovery=str(row.id),
            removed_factors=[str(one) for one in removed],
            everywhere=True,
            sessions=revoked.sessions,
            sign_ins=revoked.sign_ins,
            token_families=revoked.token_families,
        )
    return act.outcome


def _record(act: Act, row: FactorRecovery, note: str, **more: Any) -> None:
    """Record the request in the supplier's event, and without the note in the customer's."""
    (member,) = act.on
    facts = {"recovery": str(row.id), **more}
    act.record(organization=str(row.organization_id), membership=str(row.membership_id), **facts)
    act.record_personal(ledger.SUPPLIER, "reason", note, member.user_id)
    act.also(
        act.verb,
        Subject("membership", row.membership_id),
        cause=act.verb,
        facts=facts,
        chain=row.organization_id,
    )
