"""Staff suspend a customer: nobody acts for it until it is resumed, and what was issued before stays invalid."""

import datetime as dt
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from audit.foundation import db
from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadySuspended, InvalidAccess, InvalidInput, NotSuspended
from delegation.authorization.verbs import Verb
from delegation.suspensions.subjects import OrganizationToSuspend, SuspensionToEnd
from identity import lifecycle
from identity.organizations.models import Organization, Suspension
from identity.revocation import Revoked


@dataclass(frozen=True, slots=True)
class Suspended:
    """Counts what a suspension ended."""

    people: int
    sessions: int
    sign_ins: int
    token_families: int
    invitations: int


@command
def suspend(
    *,
    actor: Actor,
    organization: Organization,
    reason: str,
    resume_at: dt.datetime | None = None,
    note: str = "",
    idempotency_key: str | None = None,
) -> Outcome[Suspended]:
    """Suspend the organization from now on: sign-in is refused, and sessions, tokens and open invitations end.

    At `resume_at` the deliverer resumes it. The note stands in the supplier's log alone. Raises InvalidInput,
    InvalidAccess and AlreadySuspended besides the errors of every act.
    """
    note = input_cleaning.reason(note)
    if reason not in Suspension.SuspensionReason.values:
        raise InvalidInput(field="reason", problem="unknown")
    subject = OrganizationToSuspend(organization)
    with acting(actor, Verb.ORGANIZATION_SUSPEND, on=subject, idempotency_key=idempotency_key) as act:
        (row,) = act.on
        if row.status != Organization.Status.ACTIVE:
            raise AlreadySuspended
        if resume_at is not None and resume_at <= act.at:
            raise InvalidAccess(field="until", problem="past")
        suspension = _new(act, row, reason, resume_at)
        suspended = _end_everything(act, subject, suspension)
        end = resume_at.isoformat() if resume_at else None
        _record(act, suspension, note, resume_at=end, **asdict(suspended))
        return act.set_result(suspended)


def _new(act: Act, organization: Organization, reason: str, resume_at: dt.datetime | None) -> Suspension:
    return Suspension(
        organization=organization,
        reason=reason,
        valid_from=act.at,
        resume_at=resume_at,
        suspended_by=act.actor.id,
        suspended_by_kind=act.actor.kind.value,
        act=act.id,
    )


def _end_everything(act: Act, subject: OrganizationToSuspend, suspension: Suspension) -> Suspended:
    members = [member.id for member in subject.members]
    revoked = lifecycle.suspend_organization(suspension=suspension, members=members)
    _sign_out(act, subject, revoked)
    return Suspended(
        people=len(members),
        sessions=revoked.sessions,
        sign_ins=revoked.sign_ins,
        token_families=revoked.token_families,
        invitations=_cancel_invitations(act, subject.organization),
    )


def _sign_out(act: Act, subject: OrganizationToSuspend, revoked: Revoked) -> None:
    """Record for each member that everything issued for this organization has ended."""
    for member in subject.members:
        act.also(
            Verb.MEMBER_SIGN_OUT,
            Subject("membership", member.id),
            cause=act.verb,
            after={"signed_out": True, "everywhere": member.user_id in revoked.users},
            chain=member.organization_id,
        )


_CANCEL = """
UPDATE delegation_invitation SET cancelled_at = %(at)s
WHERE organization_id = %(organization)s AND accepted_at IS NULL AND cancelled_at IS NULL
RETURNING id
"""


def _cancel_invitations(act: Act, organization: uuid.UUID) -> int:
    """Cancel the organization's open invitations: resuming it brings back none. Returns how many."""
    cancelled = db.fetch_all(_CANCEL, {"organization": organization, "at": act.at})
    for (invitation,) in cancelled:
        subject = Subject("invitation", invitation)
        act.also(Verb.INVITATION_CANCEL, subject, cause=act.verb, chain=organization)
    return len(cancelled)


@command
def resume(
    *,
    actor: Actor,
    organization: Organization,
    suspension: uuid.UUID,
    note: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """End this suspension now: all access works as before, and each person signs in again.

    Raises NotSuspended where it has ended, also if another holds now, besides the errors of every act.
    """
    note = input_cleaning.reason(note)
    meant = SuspensionToEnd(suspension, organization=organization.id)
    with acting(actor, Verb.ORGANIZATION_RESUME, on=meant, idempotency_key=idempotency_key) as act:
        rows = Suspension.objects.filter(id=suspension, organization=organization.id, valid_until=None)
        if (row := rows.first()) is None:
            raise NotSuspended
        lifecycle.resume_organization(suspension=row, at=act.at)
        _record(act, row, note)
    return act.outcome


def _record(act: Act, suspension: Suspension, note: str, **more: Any) -> None:
    """Record the suspension in the supplier's event, and without the note in the organization's."""
    facts = {"suspension": str(suspension.id), "suspension_reason": suspension.reason, **more}
    organization = suspension.organization_id
    act.record(reason=note, organization=str(organization), **facts)
    subject = Subject("organization", organization)
    act.also(act.verb, subject, cause=act.verb, facts=facts, chain=organization)
