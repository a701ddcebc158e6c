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
class GivingEvent:
    """Holds the place of the event in its chain, and the reason in the giver's words; may be empty."""

    number: int
    reason: str


def by_act(
    *, organization: uuid.UUID, acts: Collection[uuid.UUID], membership: uuid.UUID
) -> dict[uuid.UUID, GivingEvent]:
    """Read the event of each of these acts about this membership. Three statements at most, none without acts."""
    if not acts:
        return {}
    rows = Event.objects.filter(subject=membership, act__in=list(acts), seq__isnull=False)
    bodies = {row.act: (row.seq or 0, body) for row, body in _authentic(rows)}
    sent = _sent(organization, (body["facts"].get("invitation") for _, body in bodies.values()))
    reasons = _decrypted(
        {
            act: _reason(body) or _reason(sent.get(body["facts"].get("invitation"), {}))
            for act, (_, body) in bodies.items()
        }
    )
    return {act: GivingEvent(number, reasons.get(act, "")) for act, (number, _) in bodies.items()}


def _sent(organization: uuid.UUID, invitations: Iterable[str | None]) -> dict[str, Mapping[str, Any]]:
    """Read the bodies of the events that sent these invitations."""
    ids = [invitation for invitation in invitations if invitation]
    if not ids:
        return {}
    rows = Event.objects.filter(
        organization=organization, verb=Verb.MEMBER_INVITE.value, subject__in=ids, outcome=Event.Outcome.DONE
    )
    return {str(row.subject): body for row, body in _authentic(rows)}


def _authentic(rows: Iterable[Event]) -> list[tuple[Event, Mapping[str, Any]]]:
    mac_keys = authentication.keys_for_reading()
    bodies = [(row, activity_events.authentic_content(row=row, mac_keys=mac_keys)) for row in rows]
    return [(row, body) for row, body in bodies if body is not None]


def _reason(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    reason: Mapping[str, Any] | None = body.get("personal", {}).get("reason")
    return reason


def _decrypted(encrypted: Mapping[uuid.UUID, Mapping[str, Any] | None]) -> dict[uuid.UUID, str]:
    values = {act: value for act, value in encrypted.items() if value}
    people = {uuid.UUID(person) for value in values.values() for person in value["data_subjects"]}
    keys = personal_data.load_keys(data_subjects=people)
    return {act: personal_data.decrypt(encrypted=value, keys=keys) or "" for act, value in values.items()}
