"""Observations are events that no act decided, such as sign-ins and changes of one's own factors."""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from audit.foundation import clock, ids
from audit.foundation.actor import Actor
from audit.log import ledger, refusals
from audit.log.ledger import EventContext, EventDraft, Subject
from audit.log.repeat_counters import Repeatable
from audit.personal_data import PersonalValue


@dataclass(slots=True)
class EventBatch:
    """Collects the events of one observation; `recording` writes them when its block ends without an error."""

    actor: Actor
    at: dt.datetime | None = None
    """When it happened; None for the instant of the writing."""
    act: uuid.UUID = field(default_factory=ids.uuid7)
    drafts: list[tuple[uuid.UUID, uuid.UUID | None, Actor, EventDraft]] = field(default_factory=list)
    repeatable: list[Repeatable] = field(default_factory=list)

    def add(
        self,
        verb: str,
        *,
        subject: Subject,
        chain: uuid.UUID,
        organization: uuid.UUID | None = None,
        outcome: str = "observed",
        facts: Mapping[str, Any] | None = None,
        personal: Mapping[str, PersonalValue] | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Add one event to `chain`: the organization's when known, else the person's, else the supplier's."""
        draft = EventDraft(
            verb=verb, subject=subject, outcome=outcome, facts=facts or {}, personal=personal or {}
        )
        self.drafts.append((chain, organization, actor or self.actor, draft))

    def add_repeatable(
        self,
        verb: str,
        *,
        subject: Subject,
        chain: uuid.UUID,
        fact: tuple[str, str],
        organization: uuid.UUID | None = None,
    ) -> None:
        """Add what one can do without end; repeats within an hour become one event (`refusals.record_repeatables`)."""
        self.repeatable.append(Repeatable(verb, subject, chain, fact, organization))


@contextmanager
def recording(*, actor: Actor, at: dt.datetime | None = None) -> Iterator[EventBatch]:
    """Open a transaction that may write django-allauth's tables, not the acts', and writes its events at the end."""
    with transaction.atomic(durable=True):
        batch = EventBatch(actor=actor, at=at)
        yield batch
        write(batch=batch)


def write(*, batch: EventBatch) -> None:
    """Insert the events in the caller's transaction, all with the same instant."""
    if batch.drafts:
        _write_drafts(batch)
    refusals.record_repeatables(actor=batch.actor, act=batch.act, what=batch.repeatable, at=batch.at)


def _write_drafts(batch: EventBatch) -> None:
    """Insert events of one type, each in a chain of its own, by the statements of one; others one by one.

    What is written together has one millisecond in its ids, by which readers order events of one instant.
    """
    at = batch.at or clock.now()
    parts = [
        (chain, EventContext(actor=actor, act=batch.act, at=at, organization=organization), [draft])
        for chain, organization, actor, draft in batch.drafts
    ]
    chains, verbs = {chain for chain, *_ in parts}, {draft.verb for *_, draft in batch.drafts}
    has_order = len(chains) < len(parts) or len(verbs) > 1
    for some in [[part] for part in parts] if has_order else [parts]:
        ledger.insert_beside_chains(parts=some)
