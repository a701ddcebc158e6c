"""An act writes its events, or its refusal."""

import uuid
from dataclasses import replace
from typing import Any

from audit import personal_data
from audit.foundation.actor import Actor
from audit.foundation.errors import DomainError
from audit.log import ledger, refusals
from audit.log.ledger import Append, EventContext, EventDraft, Subject
from audit.personal_data import PersonalValue
from delegation.acts.act import Act, EventDetails
from delegation.acts.subjects import SubjectSet, organization_of
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb

_NOT_RECORDED = frozenset({"refused", "text"})
"""Data of a refusal that is not recorded: the refused ids are its subject, and texts stand in the catalogue."""


def write_events(*, act: Act) -> None:
    """Write one event per subject and the consequences, each to its chain, in the act's own transaction."""
    drafts: dict[uuid.UUID, list[EventDraft]] = {}
    organizations: dict[uuid.UUID, uuid.UUID | None] = {ledger.SUPPLIER: None}
    for subject in act.ids:
        chain, organizations[chain] = act.subjects.event_chain(subject)
        drafts.setdefault(chain, []).append(_event_of(act, subject))
    for chain, draft in act.consequences:
        drafts.setdefault(chain, []).append(
            replace(draft, personal={**draft.personal, **_label(act, draft.subject.id)})
        )
    ledger.append(
        parts=[
            Append(act.chain_heads[chain], _context(act, organizations.get(chain, chain)), drafts[chain])
            for chain in sorted(drafts)
        ]
    )


def _context(act: Act, organization: uuid.UUID | None) -> EventContext:
    return EventContext(actor=act.actor, act=act.id, at=act.at, organization=organization)


def _event_of(act: Act, subject: uuid.UUID) -> EventDraft:
    details = act.details.get(subject, EventDetails())
    personal = {**act.common.personal, **details.personal}
    about = _data_subjects(act, subject)
    return EventDraft(
        verb=act.verb.value,
        subject=act.subjects.log_subject(subject),
        before=details.before,
        after=details.after,
        facts={**act.common.facts, **details.facts},
        personal={
            name: PersonalValue(value.text, value.data_subjects or about) for name, value in personal.items()
        }
        | _label(act, subject),
    )


def _label(act: Act, subject: uuid.UUID) -> dict[str, PersonalValue]:
    label = act.subjects.label(subject)
    return {personal_data.SUBJECT_LABEL: label} if label else {}


def _data_subjects(act: Act, subject: uuid.UUID) -> tuple[uuid.UUID, ...]:
    """Encrypt free text for its writer and its subject; without either, under the chain's key."""
    users = [act.actor.id if act.actor.is_person else None, act.subjects.data_subject(subject)]
    known = tuple(dict.fromkeys(user for user in users if user is not None))
    return known or (act.subjects.event_chain(subject).chain,)


def write_refusal(*, on: SubjectSet, actor: Actor, verb: Verb, refusal: DomainError) -> None:
    """Record a refusal beside the chain. A subject that is hidden or was never created is not named."""
    unnamed = isinstance(refusal, NotFound) or on.is_new
    refusals.record(
        actor=actor,
        verb=verb.value,
        subject=Subject("unknown", actor.id) if unnamed else _refused_subject(on, refusal.data),
        code=refusal.code,
        chain=actor.id if unnamed else on.event_chain(on.ids[0]).chain,
        organization=None if unnamed else organization_of(on),
        facts={}
        if unnamed
        else {name: value for name, value in refusal.data.items() if name not in _NOT_RECORDED},
    )


def _refused_subject(on: SubjectSet, data: dict[str, Any]) -> Subject:
    """Return the first refused subject, or the first of the set."""
    refused = [uuid.UUID(subject) for subject in data.get("refused", ())]
    return on.log_subject(refused[0] if refused else on.ids[0])
