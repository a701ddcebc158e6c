"""A row of an exported log has an event in words and in codes, with its proof."""

from typing import Any

from delegation.activity.events import EventView
from portal.wording.events import EventLine

COLUMNS = (
    "at", "event_type", "outcome", "actor_kind", "actor", "actor_name", "subject_kind", "subject", "sentence",
    "details", "verified", "event", "act", "number", "previous_hash", "hash",
)  # fmt: skip


def event_row(event: EventView, line: EventLine) -> dict[str, Any]:
    """Return the values of these columns."""
    return {
        "at": event.at.isoformat(),
        "event_type": event.verb,
        "outcome": event.outcome,
        "actor_kind": event.actor_kind,
        "actor": str(event.actor),
        "actor_name": line.actor,
        "subject_kind": event.subject_kind,
        "subject": str(event.subject),
        "sentence": " ".join(part for part in (line.actor, line.text) if part),
        "details": line.sub,
        "verified": "yes" if event.is_authentic else "no",
        "event": str(event.id),
        "act": str(event.act),
        "number": event.seq,
        "previous_hash": event.previous_hash or None,
        "hash": event.hash,
    }
