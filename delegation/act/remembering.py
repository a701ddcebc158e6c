"""Writing down what was done, and what was refused."""

import uuid
from typing import Any

from audit import ledger, refusals
from audit.actor import Actor
from audit.errors import DomainError
from audit.ledger import Entry, Heading, Part, Subject
from audit.personal import Private
from delegation.act.doing import Act, Said
from delegation.act.subjects import Subjects
from delegation.errors import NotFound
from delegation.verbs import Verb


def done(*, act: Act) -> None:
    """One event per subject, and what followed, each in its chain; in the act's own transaction."""
    people = act.subjects.people()
    entries: dict[uuid.UUID, list[Entry]] = {
        act.subjects.chain: [_entry(act, one, people.get(one)) for one in act.ids]
    }
    for chain, entry in act.further:
        entries.setdefault(chain, []).append(entry)
    ledger.extend(parts=[Part(act.held[one], _heading(act, one), entries[one]) for one in sorted(entries)])


def _heading(act: Act, chain: uuid.UUID) -> Heading:
    where = act.subjects.organization if chain == act.subjects.chain else chain
    return Heading(actor=act.actor, act=act.id, at=act.at, organization=where)


def _entry(act: Act, one: uuid.UUID, person: uuid.UUID | None) -> Entry:
    said = act.said.get(one, Said())
    private = {**act.common.private, **said.private}
    about = _about(act, person)
    return Entry(
        verb=act.verb.value,
        subject=act.subjects.subject(one),
        before=said.before,
        after=said.after,
        facts={**act.common.facts, **said.facts},
        private={name: Private(value.text, value.about or about) for name, value in private.items()},
    )


def _about(act: Act, person: uuid.UUID | None) -> tuple[uuid.UUID, ...]:
    """Free text is about its writer and its subject; where there is neither, it goes with the whole chain."""
    both = [act.actor.id if act.actor.is_person else None, person]
    return tuple(dict.fromkeys(one for one in both if one is not None)) or (act.subjects.chain,)


def refused(*, found: Subjects, actor: Actor, verb: Verb, refusal: DomainError) -> None:
    """Beside the chain. Of what the actor may not see, and of what was never made, nothing is named."""
    nameless = isinstance(refusal, NotFound) or found.founding
    refusals.remember(
        actor=actor,
        verb=verb.value,
        subject=Subject("unknown", actor.id) if nameless else _first(found, refusal.data),
        code=refusal.code,
        stream=actor.id if nameless else found.chain,
        organization=None if nameless else found.organization,
        facts={} if nameless else {name: value for name, value in refusal.data.items() if name != "refused"},
    )


def _first(found: Subjects, data: dict[str, Any]) -> Subject:
    """The first of the set that it was refused for, or the first of the set."""
    named = [uuid.UUID(one) for one in data.get("refused", ())]
    return found.subject(named[0] if named else found.ids[0])
