"""An admin asks for an exception from a conflict of duties, a second person accepts it, and either closes it."""

import datetime as dt
import uuid
from dataclasses import dataclass

from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import MembershipSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.models.duties import DutyConflict, DutyException
from delegation.authorization.verbs import Verb
from delegation.duties import rules
from identity.memberships.models import Membership

_STATE = DutyException.State


@dataclass(frozen=True, slots=True)
class ExceptionRequested:
    """Names the request."""

    exception: uuid.UUID


@dataclass(frozen=True, slots=True)
class ExceptionClosed:
    """Says what became of the exception."""

    state: str


@command
def request(
    *,
    actor: Actor,
    membership: Membership,
    conflict: uuid.UUID,
    until: dt.datetime,
    reason: str,
    idempotency_key: str | None = None,
) -> Outcome[ExceptionRequested]:
    """Ask that this member may hold both entitlements of the conflict until then; no access changes.

    Raises InvalidInput, NotFound and AlreadyExists besides the errors of every act.
    """
    reason = input_cleaning.line(reason, field="reason", longest=input_cleaning.REASON, required=True)
    if until.tzinfo is None:
        raise InvalidInput(field="until", problem="not_an_instant")
    subjects = MembershipSet([membership])
    with acting(actor, Verb.DUTY_EXCEPTION_REQUEST, on=subjects, idempotency_key=idempotency_key) as act:
        rules.require_person(actor)
        (member,) = act.on
        found = rules.require_conflict(conflict, at=act.at)
        rules.check_end(until, at=act.at)
        rules.require_none_open(member.id, found, at=act.at)
        row = _add(act, member, found, until)
        facts = {"conflict": found.key, "person": str(row.person), "exception_until": until.isoformat()}
        act.record(reason=reason, exception=str(row.id), **facts)
        return act.set_result(ExceptionRequested(row.id))


def _add(act: Act, member: Membership, conflict: DutyConflict, until: dt.datetime) -> DutyException:
    return DutyException.objects.create(
        membership=member,
        organization_id=member.organization_id,
        person=member.user_id,
        conflict=conflict,
        requested_by=act.actor.id,
        requested_at=act.at,
        act=act.id,
        valid_until=until,
    )


@command
def accept(
    *, actor: Actor, exception: DutyException, note: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """Accept it as a second person: until its end, acts may give the member both. No access changes by itself.

    Raises OwnDutyException and DutyExceptionOver besides the errors of every act.
    """
    note, subjects = input_cleaning.reason(note), MembershipSet([exception.membership])
    with acting(actor, Verb.DUTY_EXCEPTION_ACCEPT, on=subjects, idempotency_key=idempotency_key) as act:
        rules.require_person(actor)
        row = _locked(exception)
        rules.require_open(row, at=act.at)
        rules.require_second_person(row, actor=actor, at=act.at)
        row.state, row.accepted_by, row.accepted_at = _STATE.ACCEPTED, actor.id, act.at
        row.save(update_fields=["state", "accepted_by", "accepted_at"])
        act.record(reason=note, exception=str(row.id), exception_until=row.valid_until.isoformat())
    return act.outcome


@command
def close(
    *, actor: Actor, exception: DutyException, note: str = "", idempotency_key: str | None = None
) -> Outcome[ExceptionClosed]:
    """Withdraw or refuse a request, or revoke an accepted exception: who acts and when decides which.

    Access that the member has stays until it is changed. Raises DutyExceptionOver besides the errors of every act.
    """
    note, subjects = input_cleaning.reason(note), MembershipSet([exception.membership])
    with acting(actor, Verb.DUTY_EXCEPTION_CLOSE, on=subjects, idempotency_key=idempotency_key) as act:
        rules.require_person(actor)
        row = _locked(exception)
        rules.require_live(row, at=act.at)
        row.state = _closed_state(row, act)
        row.closed_by, row.closed_at = actor.id, act.at
        row.save(update_fields=["state", "closed_by", "closed_at"])
        act.record(reason=note, exception=str(row.id), exception_state=row.state)
        return act.set_result(ExceptionClosed(row.state))


def _closed_state(row: DutyException, act: Act) -> str:
    if row.state == _STATE.ACCEPTED:
        return _STATE.REVOKED
    return _STATE.WITHDRAWN if act.actor.id == row.requested_by else _STATE.REFUSED


def _locked(exception: DutyException) -> DutyException:
    return DutyException.objects.select_for_update().get(id=exception.id)
