"""Staff decide on a confirmed request without a case: it belongs to a customer without an admin, or it is closed."""

import uuid
from dataclasses import dataclass

from audit.foundation.actor import Actor
from audit.log import ledger
from audit.personal_data import PersonalValue
from delegation.acts import authorize
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization.errors import CaseStep, NotFound
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_events, effects, rules
from delegation.orphan_cases.models import OrphanCase, OrphanRequest
from delegation.orphan_cases.new_admin import NewAdmin
from delegation.orphan_cases.subjects import OrphanedOrganization, RequestSet
from identity.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class RequestConnected:
    """Names the case that the request belongs to now."""

    case: uuid.UUID


@command
def connect(
    *,
    actor: Actor,
    request: OrphanRequest,
    organization: Organization,
    reason: str,
    idempotency_key: str | None = None,
) -> Outcome[RequestConnected]:
    """Connect the request to the open case of this customer, or open one for the person who asks.

    The actor opens and names then, so another person approves. Raises HasAdmin where an admin works, and CaseStep for
    a request that was decided on. Raises NotFound for one that the actor may not see, InvalidInput without a reason.
    """
    reason = rules.required(reason)
    subject = OrphanedOrganization(organization)
    with acting(actor, Verb.ORPHAN_REQUEST_CONNECT, on=subject, idempotency_key=idempotency_key) as act:
        seen = RequestSet(request)
        authorize.require_all(on=seen, actor=actor, verb=Verb.ORPHAN_REQUEST_VIEW, at=act.at)
        row = _open_request(request)
        case = OrphanCase.objects.filter(organization=act.organization, closed_at=None).first()
        is_new = case is None
        if case is None:
            person = NewAdmin(row.email, row.name, row.language)
            case = effects.open_in(act, cause=OrphanCase.CaseCause.REQUEST, person=person)
        else:
            rules.require_orphaned(organization=act.organization, at=act.at)
        row.case, row.decided_by, row.decided_at = case, actor.id, act.at
        row.save(update_fields=["case", "decided_by", "decided_at"])
        act.record(case=str(case.id), case_state=case.state)
        case_events.to_supplier(
            act, act.verb, facts=case_events.request_facts(row), personal=_note(act, row, reason)
        )
        if is_new:
            case_events.record_opened(act, case)
        return act.set_result(RequestConnected(case.id))


@command
def close(
    *, actor: Actor, request: OrphanRequest, reason: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Close a request that leads to no case.

    Raises CaseStep for one that was decided on, and InvalidInput without a reason, besides the errors of every act.
    """
    reason, on = rules.required(reason), RequestSet(request)
    with acting(actor, Verb.ORPHAN_REQUEST_CLOSE, on=on, idempotency_key=idempotency_key) as act:
        row = _open_request(request)
        row.decided_by, row.decided_at = actor.id, act.at
        row.save(update_fields=["decided_by", "decided_at"])
        act.record(**case_events.request_facts(row))
        for name, value in _note(act, row, reason).items():
            act.record_personal(ledger.SUPPLIER, name, value.text, *value.data_subjects)
    return act.outcome


def _open_request(request: OrphanRequest) -> OrphanRequest:
    """Read the request under a lock. Raises NotFound, and CaseStep for one that does not wait for staff."""
    row = OrphanRequest.objects.select_for_update().filter(id=request.id).first()
    if row is None:
        raise NotFound
    if row.confirmed_at is None or row.case_id is not None or row.decided_at is not None:
        raise CaseStep(state="request")
    return row


def _note(act: Act, request: OrphanRequest, reason: str) -> dict[str, PersonalValue]:
    return {"reason": PersonalValue(reason, (act.actor.id, request.id))}
