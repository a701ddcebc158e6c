"""Deliveries in the log: plain events beside the chain, one for each that arrived or newly failed, under its act."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from audit.foundation import actor
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from delegation.authorization.verbs import Observation


class DeliveryEvents:
    """Collects entries by organization and act, so that each group is one insert."""

    def __init__(self) -> None:
        self.entries: dict[tuple[uuid.UUID, uuid.UUID | None, uuid.UUID], list[EventDraft]] = defaultdict(
            list
        )

    def say(
        self,
        verb: Observation,
        *,
        subject: Subject,
        chain: uuid.UUID,
        organization: uuid.UUID | None,
        act: uuid.UUID,
        facts: Mapping[str, Any],
    ) -> None:
        """One event in the chain of the organization, else of the person, else of the supplier."""
        entry = EventDraft(verb=verb.value, subject=subject, outcome="observed", facts=facts)
        self.entries[chain, organization, act].append(entry)

    def write(self, *, at: dt.datetime) -> None:
        """Insert what was said; the caller's transaction."""
        for (chain, organization, act), entries in self.entries.items():
            context = EventContext(actor=actor.system(), act=act, at=at, organization=organization)
            ledger.insert_unchained(chain=chain, context=context, drafts=entries)


def seconds(since: dt.datetime, until: dt.datetime) -> str:
    """A duration as it stands in the log."""
    return f"{max((until - since).total_seconds(), 0):.3f}"
