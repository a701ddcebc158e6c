"""A case is opened by staff, by the system, or for a stranger who confirmed an address; and closed with a reason."""

import uuid
from dataclasses import dataclass

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_events, effects, rules
from delegation.orphan_cases.models import OrphanCase
from delegation.orphan_cases.new_admin import NewAdmin
from delegation.orphan_cases.subjects import CaseSet, OrphanedOrganization
from identity.organizations.models import Organization

_STATE = OrphanCase.State


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """Names the case."""

    case: uuid.UUID


@command
def open_case(
    *,
    actor: Actor,
    organization: Organization,
    cause: str,
    person: NewAdmin | None = None,
    note: str = "",
    idempotency_key: str | None = None,
) -> Outcome[CaseOpened]:
    """Open the case of an organization without a working admin; nothing changes for its people.

    With the cause `claim`, admins who did not answer a colleague's question in time do not count.

    Raises HasAdmin, AlreadyExists and InvalidInput besides the errors of every act.
    """
    person, note = person.cleaned() if person else None, input_cleaning.reason(note)
    if cause not in OrphanCase.CaseCause.values:
        raise InvalidInput(field="cause", problem="unknown")
    subject = OrphanedOrganization(organization)
    with acting(actor, Verb.ORPHAN_CASE_OPEN, on=subject, idempotency_key=idempotency_key) as act:
        facts = {}
        if cause == OrphanCase.CaseCause.CLAIM:
            claims = rules.grounds(organization=act.organization, at=act.at)
            facts = {"claims": [str(claim) for claim in claims]}
        case = effects.open_in(act, cause=cause, person=person)
        case_events.record(act, case, note=note, facts=facts, names_person=person is not None)
        return act.set_result(CaseOpened(case.id))


@command
def name_person(
    *, actor: Actor, case: OrphanCase, person: NewAdmin, note: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """Name the person to invite, once: proofs are about this person, so another one needs another case.

    Raises CaseStep and InvalidInput besides the errors of every act.
    """
    person, note = person.cleaned(), input_cleaning.reason(note)
    with acting(actor, Verb.ORPHAN_CASE_NAME, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, _STATE.OPEN if not row.email else "")
        row.email, row.name, row.language = person.email, person.name, person.language
        row.named_by = actor.id
        row.save(update_fields=["email", "name", "language", "named_by"])
        case_events.record(act, row, note=note, names_person=True)
    return act.outcome


@command
def close(
    *, actor: Actor, case: OrphanCase, reason: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Close the case without a new admin; the link of an open invitation works no more.

    A person who has joined keeps the limited access. Raises CaseStep and InvalidInput besides the errors of every act.
    """
    reason = rules.required(reason)
    with acting(actor, Verb.ORPHAN_CASE_CLOSE, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, *rules.CLOSABLE)
        row.state, row.closed_at, row.stopped_at = _STATE.CLOSED, act.at, None
        row.save(update_fields=["state", "closed_at", "stopped_at"])
        case_events.record(act, row, note=reason)
    return act.outcome
