"""Events of what is not an act: sign-ins, changes of one's own factors, deliveries, readings."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from audit.foundation import clock, ids, write_guard
from audit.foundation.actor import Actor
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from audit.personal_data import PersonalValue


@dataclass(slots=True)
class EventBatch:
    """Collects observations and writes them when the block ends without an error."""

    actor: Actor
    act: uuid.UUID = field(default_factory=ids.uuid7)
    said: list[tuple[uuid.UUID, uuid.UUID | None, Actor, EventDraft]] = field(default_factory=list)

    def say(
        self,
        verb: str,
        *,
        subject: Subject,
        chain: uuid.UUID,
        organization: uuid.UUID | None = None,
        outcome: str = "observed",
        facts: Mapping[str, Any] | None = None,
        private: Mapping[str, PersonalValue] | None = None,
        actor: Actor | None = None,
    ) -> None:
        """One event in `chain`: the organization's when known, else the person's, else the supplier's."""
        entry = EventDraft(
            verb=verb, subject=subject, outcome=outcome, facts=facts or {}, private=private or {}
        )
        self.said.append((chain, organization, actor or self.actor, entry))


@contextmanager
def recording(*, actor: Actor) -> Iterator[EventBatch]:
    """One transaction with its events; opens the tables of django-allauth for writing, and none of the acts'."""
    with transaction.atomic(durable=True):
        note = EventBatch(actor=actor)
        with write_guard.allow(name=write_guard.OBSERVATION, value=str(note.act)):
            yield note
        write(note=note)


def write(*, note: EventBatch) -> None:
    """Insert what was said; the caller's transaction."""
    if not note.said:
        return
    at = clock.now()
    for chain, organization, actor, entry in note.said:
        heading = EventContext(actor=actor, act=note.act, at=at, organization=organization)
        ledger.insert_unchained(chain=chain, heading=heading, entries=[entry])
