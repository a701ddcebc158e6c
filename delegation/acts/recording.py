"""Writing down what was done, and what was refused."""

import uuid
from typing import Any

from audit.foundation.actor import Actor
from audit.foundation.errors import DomainError
from audit.log import ledger, refusals
from audit.log.ledger import Append, EventContext, EventDraft, Subject
from audit.personal_data import PersonalValue
from delegation.acts.act import Act, EventDetails
from delegation.acts.subjects import SubjectSet, organization_of
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb


def write_events(*, act: Act) -> None:
    """One event per subject, and what followed, each in its chain; in the act's own transaction."""
    entries: dict[uuid.UUID, list[EventDraft]] = {}
    readers: dict[uuid.UUID, uuid.UUID | None] = {}
    for one in act.ids:
        chain, readers[chain] = act.subjects.home(one)
        entries.setdefault(chain, []).append(_entry(act, one))
    for chain, entry in act.consequences:
        entries.setdefault(chain, []).append(entry)
    ledger.append(
        parts=[
            Append(act.held[one], _heading(act, readers.get(one, one)), entries[one])
            for one in sorted(entries)
        ]
    )


def _heading(act: Act, organization: uuid.UUID | None) -> EventContext:
    return EventContext(actor=act.actor, act=act.id, at=act.at, organization=organization)


def _entry(act: Act, one: uuid.UUID) -> EventDraft:
    said = act.said.get(one, EventDetails())
    private = {**act.common.private, **said.private}
    about = _about(act, one)
    return EventDraft(
        verb=act.verb.value,
        subject=act.subjects.log_subject(one),
        before=said.before,
        after=said.after,
        facts={**act.common.facts, **said.facts},
        private={
            name: PersonalValue(value.text, value.data_subjects or about) for name, value in private.items()
        },
    )


def _about(act: Act, subject: uuid.UUID) -> tuple[uuid.UUID, ...]:
    """Free text is about its writer and its subject; where there is neither, it goes with the whole chain."""
    both = [act.actor.id if act.actor.is_person else None, act.subjects.person(subject)]
    return tuple(dict.fromkeys(one for one in both if one is not None)) or (act.subjects.home(subject).chain,)


def write_refusal(*, on: SubjectSet, actor: Actor, verb: Verb, refusal: DomainError) -> None:
    """Beside the chain. Of what the actor may not see, and of what was never made, nothing is named."""
    nameless = isinstance(refusal, NotFound) or on.is_new
    refusals.record(
        actor=actor,
        verb=verb.value,
        subject=Subject("unknown", actor.id) if nameless else _first(on, refusal.data),
        code=refusal.code,
        chain=actor.id if nameless else on.home(on.ids[0]).chain,
        organization=None if nameless else organization_of(on),
        facts={} if nameless else {name: value for name, value in refusal.data.items() if name != "refused"},
    )


def _first(on: SubjectSet, data: dict[str, Any]) -> Subject:
    """The first of the set that it was refused for, or the first of the set."""
    named = [uuid.UUID(one) for one in data.get("refused", ())]
    return on.log_subject(named[0] if named else on.ids[0])
