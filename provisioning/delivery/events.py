"""Each confirmed or newly failed delivery gets one unchained event, under its act."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from audit.foundation import actor
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from delegation.authorization.event_types import Observation


class DeliveryEvents:
    """Groups events by chain and act, so that each group is one insert."""

    def __init__(self) -> None:
        self._drafts: dict[tuple[uuid.UUID, uuid.UUID | None, uuid.UUID], list[EventDraft]] = defaultdict(
            list
        )

    def add(
        self,
        verb: Observation,
        *,
        subject: Subject,
        chain: uuid.UUID,
        organization: uuid.UUID | None,
        act: uuid.UUID,
        facts: Mapping[str, Any],
    ) -> None:
        """Add one event. `chain`: of the organization, else of the person, else of the supplier."""
        draft = EventDraft(verb=verb.value, subject=subject, outcome="observed", facts=facts)
        self._drafts[chain, organization, act].append(draft)

    def write(self, *, at: dt.datetime) -> None:
        """Insert the events, in the caller's transaction."""
        for (chain, organization, act), drafts in self._drafts.items():
            context = EventContext(actor=actor.system(), act=act, at=at, organization=organization)
            ledger.insert_unchained(chain=chain, context=context, drafts=drafts)


def seconds(since: dt.datetime, until: dt.datetime) -> str:
    """Format a duration in seconds for the log, with three decimals."""
    return f"{max((until - since).total_seconds(), 0):.3f}"
