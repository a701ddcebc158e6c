"""Asked, alone, whole, remembered, told, once."""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, transaction
from psycopg import errors as pg

from audit import clock, ids, ledger, mark, refusals
from audit.actor import Actor
from audit.errors import Busy, DomainError
from audit.ledger import Entry, Heading, Held, Subject
from audit.personal import Private
from delegation.act import locks, outcome, subjects
from delegation.act.outcome import Outcome
from delegation.act.subjects import On, Subjects
from delegation.errors import Denied, NotFound
from delegation.policy import Decision
from delegation.verbs import Verb

_BUSY = (pg.LockNotAvailable, pg.DeadlockDetected)


@dataclass(slots=True)
class _Said:
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    private: dict[str, Private] = field(default_factory=dict)


@dataclass(slots=True)
class Act:
    """What a command has in hand while it holds the locks. `on` is what was read again under them."""

    id: uuid.UUID
    at: dt.datetime
    actor: Actor
    verb: Verb
    subjects: Subjects
    held: dict[uuid.UUID, Held]
    said: dict[uuid.UUID, _Said] = field(default_factory=dict)
    common: _Said = field(default_factory=_Said)
    further: list[tuple[uuid.UUID, Entry]] = field(default_factory=list)
    returned: dict[str, Any] = field(default_factory=dict)

    @property
    def on(self) -> list[Any]:
        """The subjects as they are under the locks."""
        return self.subjects.rows

    @property
    def ids(self) -> list[uuid.UUID]:
        """Their ids."""
        return self.subjects.ids

    @property
    def organization(self) -> uuid.UUID:
        """The organization of the set. Raises NotFound for the supplier's own acts."""
        if self.subjects.organization is None:
            raise NotFound
        return self.subjects.organization

    def say(self, *, reason: str = "", **facts: Any) -> None:
        """Facts of the whole act. `reason` is free text: it is about its writer and every subject, and is sealed."""
        self.common.facts |= facts
        if reason:
            self.common.private["reason"] = Private(reason, ())

    def changed(self, one: uuid.UUID, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """What was and what is now, for one of the set: ids, codes, numbers, instants."""
        said = self.said.setdefault(one, _Said())
        said.before |= before
        said.after |= after

    def privately(self, one: uuid.UUID, name: str, text: str, *about: uuid.UUID) -> None:
        """A personal value of one of the set, sealed under the keys of those it is about."""
        self.said.setdefault(one, _Said()).private[name] = Private(text, about)

    def also(
        self,
        verb: Verb,
        subject: Subject,
        *,
        because: Verb,
        facts: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        chain: uuid.UUID | None = None,
    ) -> None:
        """What follows in the same transaction from the first verb, recorded like it."""
        entry = Entry(
            verb=verb.value,
            subject=subject,
            facts=facts or {},
            before=before or {},
            after=after or {},
            because=because.value,
        )
        self.further.append((chain or self.subjects.chain, entry))

    def answer(self, **data: Any) -> None:
        """What the command's caller needs besides ids: JSON, kept for a repetition."""
        self.returned |= data

    @property
    def outcome(self) -> Outcome:
        """What the command returns."""
        return Outcome(self.id, self.at, self.subjects.organization, tuple(self.ids), dict(self.returned))


@contextmanager
def acting(
    actor: Actor, verb: Verb, *, on: On, once: str | None = None, asked: Mapping[str, Any] | None = None
) -> Iterator[Act]:
    """Ask, lock, ask again, do, remember; or leave nothing but the refusal.

    `once` is the caller's idempotency key; `asked` what the request says besides verb and subjects.
    Raises Denied, NotFound, Busy, and whatever the command's rules raise.
    """
    found = subjects.subjects(on)
    request = outcome.fingerprint(verb=verb, subjects={"ids": sorted(map(str, found.ids)), **(asked or {})})
    try:
        if once is not None:
            outcome.recall(actor=actor, key=once, request=request)
        _ask(found, actor, verb, clock.now())
        with transaction.atomic(durable=True):
            act = _begin(found, actor, verb)
            if once is not None:
                outcome.recall(actor=actor, key=once, request=request)
            found.read_again()
            _ask(found, actor, verb, act.at)
            with mark.held(name=mark.ACT, value=str(act.id)):
                yield act
                if once is not None:
                    outcome.keep(actor=actor, key=once, request=request, outcome=act.outcome)
            _remember(act)
    except DomainError as refusal:
        _remember_refusal(found, actor, verb, refusal)
        raise
    except OperationalError as error:
        if isinstance(error.__cause__, _BUSY):
            raise Busy(seconds=1) from error
        raise


def _begin(found: Subjects, actor: Actor, verb: Verb) -> Act:
    held = locks.hold(chains=found.chains(), users=found.users(), actor=actor)
    return Act(
        id=ids.uuid7(),
        at=ledger.instant(held=held.values()),
        actor=actor,
        verb=verb,
        subjects=found,
        held=held,
    )


def _ask(found: Subjects, actor: Actor, verb: Verb, at: dt.datetime) -> None:
    decision: Decision = found.decide(actor, verb, at)
    if decision:
        return
    if not decision.seen:
        raise NotFound
    raise Denied(reason=decision.reason, refused=[str(one) for one in decision.refused[:20]])


def _remember(act: Act) -> None:
    people = act.subjects.people()
    entries: dict[uuid.UUID, list[Entry]] = {
        act.subjects.chain: [_entry(act, one, people.get(one)) for one in act.ids]
    }
    for chain, entry in act.further:
        entries.setdefault(chain, []).append(entry)
    for chain in sorted(entries):
        where = act.subjects.organization if chain == act.subjects.chain else chain
        heading = Heading(actor=act.actor, act=act.id, at=act.at, organization=where)
        ledger.extend(held=act.held[chain], heading=heading, entries=entries[chain])


def _entry(act: Act, one: uuid.UUID, person: uuid.UUID | None) -> Entry:
    said = act.said.get(one, _Said())
    private = {**act.common.private, **said.private}
    about = _about(act.actor, person)
    return Entry(
        verb=act.verb.value,
        subject=act.subjects.subject(one),
        before=said.before,
        after=said.after,
        facts={**act.common.facts, **said.facts},
        private={
            name: value if value.about else Private(value.text, about)
            for name, value in private.items()
            if value.about or about
        },
    )


def _about(actor: Actor, person: uuid.UUID | None) -> tuple[uuid.UUID, ...]:
    """Free text is about its writer and its subject."""
    both = [actor.id if actor.is_person else None, person]
    return tuple(dict.fromkeys(one for one in both if one is not None))


def _remember_refusal(found: Subjects, actor: Actor, verb: Verb, refusal: DomainError) -> None:
    unseen = isinstance(refusal, NotFound)
    facts = {} if unseen else {name: value for name, value in refusal.data.items() if name != "refused"}
    refusals.remember(
        actor=actor,
        verb=verb.value,
        subject=Subject("unknown", actor.id) if unseen else found.subject(found.ids[0]),
        code=refusal.code,
        stream=actor.id if unseen else found.chain,
        organization=None if unseen else found.organization,
        facts=facts,
    )
