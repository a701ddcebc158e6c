"""Events are shown with their bodies read, personal values decrypted, and users and addresses added."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit import personal_data
from audit.log import authentication, integrity
from audit.log.integrity import StoredEvent
from audit.models import Event
from delegation.invitations.models import Invitation
from identity.memberships.models import Membership

_COPIED_FIELDS = (
    "id", "at", "act", "verb", "outcome", "seq", "actor_kind", "actor", "subject_kind", "subject",
)  # fmt: skip
_UNREADABLE: Mapping[str, Any] = {"cause": "", "before": {}, "after": {}, "facts": {}, "personal": {}}
"""Stands for the body of an event that is not authentic: nothing may be concluded from what it says."""


@dataclass(frozen=True, slots=True)
class EventView:
    """Holds all that a sentence about an event needs.

    `user` is the person it concerns, if any; `personal` has the values that could be decrypted, and `erased` the names
    of those whose key was destroyed with an erased person.
    """

    id: uuid.UUID
    at: dt.datetime
    act: uuid.UUID
    verb: str
    outcome: str
    seq: int | None
    actor_kind: str
    actor: uuid.UUID
    subject_kind: str
    subject: uuid.UUID
    user: uuid.UUID | None
    email: str
    cause: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    facts: Mapping[str, Any]
    personal: Mapping[str, str]
    erased: frozenset[str]
    previous_hash: str
    hash: str
    is_authentic: bool
    """Whether the row agrees with its hash, and a process of this installation wrote it (`audit.log.integrity`)."""


def read_events(
    *, rows: Sequence[Event], known: Mapping[uuid.UUID, uuid.UUID] | None = None
) -> list[EventView]:
    """Read these events as they are shown. Three statements at most. Raises LogUnavailable without a key file.

    `known` has the user of every membership among their subjects; without it, one of the statements reads them.
    """
    mac_keys = authentication.keys_for_reading() if rows else {}
    contents = [authentic_content(row=row, mac_keys=mac_keys) for row in rows]
    bodies = [_UNREADABLE if content is None else content for content in contents]
    encrypted = [value for body in bodies for value in body["personal"].values()]
    keys = personal_data.load_keys(
        data_subjects={uuid.UUID(user) for value in encrypted for user in value["data_subjects"]}
    )
    users = _users(rows) if known is None else known
    emails = _emails(rows)
    return [_event_view(row, body, keys, users, emails) for row, body in zip(rows, bodies, strict=True)]


def authentic_content(*, row: StoredEvent, mac_keys: Mapping[str, bytes]) -> Mapping[str, Any] | None:
    """Return the body of an authentic event; None for another, whose body may be no JSON."""
    examined = integrity.examine(event=row, mac_keys=mac_keys)
    return None if examined.problems else examined.content


def _users(rows: Sequence[Event]) -> dict[uuid.UUID, uuid.UUID]:
    ids = {row.subject for row in rows if row.subject_kind == "membership"}
    return dict(Membership.objects.filter(id__in=ids).values_list("id", "user_id")) if ids else {}


def _emails(rows: Sequence[Event]) -> dict[uuid.UUID, str]:
    ids = {row.subject for row in rows if row.subject_kind == "invitation"}
    ids |= {
        row.act for row in rows if row.subject_kind == "mail"
    }  # events of a mail have the act that it is about
    return dict(Invitation.objects.filter(id__in=ids).values_list("id", "email")) if ids else {}


def _event_view(
    row: Event,
    body: Mapping[str, Any],
    keys: Mapping[uuid.UUID, bytes],
    users: Mapping[uuid.UUID, uuid.UUID],
    emails: Mapping[uuid.UUID, str],
) -> EventView:
    personal = _decrypted(body["personal"], keys)
    user = row.subject if row.subject_kind == "user" else users.get(row.subject)
    return EventView(
        **{name: getattr(row, name) for name in _COPIED_FIELDS},
        user=user,
        email=emails.get(row.subject) or emails.get(row.act) or personal.get("email", ""),
        **{name: body[name] for name in ("cause", "before", "after", "facts")},
        personal=personal,
        erased=_erased(body["personal"], keys),
        previous_hash=bytes(row.prev or b"").hex(),
        hash=bytes(row.hash).hex(),
        is_authentic=body is not _UNREADABLE,
    )


def _decrypted(encrypted: Mapping[str, Any], keys: Mapping[uuid.UUID, bytes]) -> dict[str, str]:
    """Decrypt these values; those about an erased person cannot be decrypted and are left out."""
    texts = {name: personal_data.decrypt(encrypted=value, keys=keys) for name, value in encrypted.items()}
    return {name: text for name, text in texts.items() if text is not None}


def _erased(encrypted: Mapping[str, Any], keys: Mapping[uuid.UUID, bytes]) -> frozenset[str]:
    return frozenset(
        name
        for name, value in encrypted.items()
        if not keys.keys() >= {uuid.UUID(person) for person in value["data_subjects"]}
    )
