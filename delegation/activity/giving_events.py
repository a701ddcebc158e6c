"""The event that gave an assignment holds its reason; for an accepted invitation, the event that sent it does."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from audit import personal_data
from audit.log import authentication
from audit.models import Event
from delegation.activity import events as activity_events
from delegation.authorization.verbs import Verb


@dataclass(frozen=True, slots=True)
class EventProof:
    """Names an event and its place, as an export of the log has them; `hash` is in hexadecimal digits."""

    event: uuid.UUID
    chain: uuid.UUID
    number: int
    hash: str

    @classmethod
    def from_event(cls, row: Event) -> "EventProof":
        """Return the proof of an event that has a place in a chain."""
        return cls(row.id, row.chain, row.seq or 0, bytes(row.hash).hex())


@dataclass(frozen=True, slots=True)
class GivingEvent:
    """Holds the proof of the event, and the reason in the giver's words; may be empty.

    `sent` proves the event that sent the invitation, of an assignment that was accepted.
    """

    proof: EventProof
    reason: str
    sent: EventProof | None


Key = tuple[uuid.UUID, uuid.UUID]
"""A membership and an act."""


def by_act(
    *, organization: uuid.UUID, acts: Collection[uuid.UUID], memberships: Collection[uuid.UUID]
) -> dict[Key, GivingEvent]:
    """Read the events of these acts about these memberships, by membership and act.

    Three statements at most, none without acts.
    """
    if not acts:
        return {}
    rows = Event.objects.filter(subject__in=list(memberships), act__in=list(acts), seq__isnull=False)
    given = {(row.subject, row.act): (row, body) for row, body in _authentic(rows)}
    sent = _sent(organization, (body["facts"].get("invitation") for _, body in given.values()))
    senders = {key: sent.get(body["facts"].get("invitation")) for key, (_, body) in given.items()}
    reasons = _decrypted(
        {
            key: _reason(body) or (_reason(sender[1]) if (sender := senders[key]) else None)
            for key, (_, body) in given.items()
        }
    )
    return {
        key: GivingEvent(
            EventProof.from_event(row),
            reasons.get(key, ""),
            EventProof.from_event(sender[0]) if (sender := senders[key]) else None,
        )
        for key, (row, _) in given.items()
    }


def _sent(
    organization: uuid.UUID, invitations: Iterable[str | None]
) -> dict[str | None, tuple[Event, Mapping[str, Any]]]:
    """Read the events that sent these invitations, with their bodies."""
    ids = [invitation for invitation in invitations if invitation]
    if not ids:
        return {}
    rows = Event.objects.filter(
        organization=organization, verb=Verb.MEMBER_INVITE.value, subject__in=ids, outcome=Event.Outcome.DONE
    )
    return {str(row.subject): (row, body) for row, body in _authentic(rows)}


def _authentic(rows: Iterable[Event]) -> list[tuple[Event, Mapping[str, Any]]]:
    mac_keys = authentication.keys_for_reading()
    bodies = [(row, activity_events.authentic_content(row=row, mac_keys=mac_keys)) for row in rows]
    return [(row, body) for row, body in bodies if body is not None]


def _reason(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    reason: Mapping[str, Any] | None = body.get("personal", {}).get("reason")
    return reason


def _decrypted(encrypted: Mapping[Key, Mapping[str, Any] | None]) -> dict[Key, str]:
    values = {key: value for key, value in encrypted.items() if value}
    people = {uuid.UUID(person) for value in values.values() for person in value["data_subjects"]}
    keys = personal_data.load_keys(data_subjects=people)
    return {key: personal_data.decrypt(encrypted=value, keys=keys) or "" for key, value in values.items()}
