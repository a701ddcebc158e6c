"""Deliveries in the log: plain events beside the chain, one for each that arrived or newly failed, under its act."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from audit import actor, ledger
from audit.ledger import Entry, Heading, Subject
from delegation.verbs import Noted


class Notes:
    """Collects entries by organization and act, so that each group is one insert."""

    def __init__(self) -> None:
        self.entries: dict[tuple[uuid.UUID, uuid.UUID | None, uuid.UUID], list[Entry]] = defaultdict(list)

    def say(
        self,
        verb: Noted,
        *,
        subject: Subject,
        stream: uuid.UUID,
        organization: uuid.UUID | None,
        act: uuid.UUID,
        facts: Mapping[str, Any],
    ) -> None:
        """One event in the stream of the organization, else of the person, else of the supplier."""
        entry = Entry(verb=verb.value, subject=subject, outcome="noted", facts=facts)
        self.entries[stream, organization, act].append(entry)

    def write(self, *, at: dt.datetime) -> None:
        """Insert what was said; the caller's transaction."""
        for (stream, organization, act), entries in self.entries.items():
            heading = Heading(actor=actor.system(), act=act, at=at, organization=organization)
            ledger.note(chain=stream, heading=heading, entries=entries)


def seconds(since: dt.datetime, until: dt.datetime) -> str:
    """A duration as it stands in the log."""
    return f"{max((until - since).total_seconds(), 0):.3f}"
