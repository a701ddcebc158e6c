"""Personal values are stored in the log as ciphertext under the keys of their data subjects.

AES-256-GCM. Each person's key is itself encrypted under a key file outside the database. Erasing a person empties the
row of `PersonKey` for good; the hashes over the ciphertext still hold.

Without the key file no personal value is read and none is written: an event without the name is better than a leaver
who cannot be removed.
"""

import base64
import logging
import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import connection

from audit.foundation import db, encryption

DESTROYED = "destroyed_keys"
"""The fact in which an event of a chain names the keys that its act destroys; the database compares it."""
ACTOR_LABEL = "actor.label"
SUBJECT_LABEL = "subject.label"
"""The names of the person who acted and of the person concerned, as they were at the time."""
PREPARER_LABEL = "preparer.label"
"""The name of the staff member who prepared what the person did."""
_UNREADABLE = b""
_INSERT = """
INSERT INTO audit_person_key (id, wrapped) SELECT * FROM unnest(%s::uuid[], %s::bytea[])
ON CONFLICT (id) DO NOTHING RETURNING id
"""
_log = logging.getLogger(__name__)


class PersonalValue(NamedTuple):
    """A personal value names the people it is about. Free text has two data subjects: its writer and its subject."""

    text: str
    data_subjects: tuple[uuid.UUID, ...]


def _wrap(person: uuid.UUID, key: bytes) -> bytes:
    return encryption.encrypt_with_key_file(purpose="person", data=key, context=person.bytes)


def _unwrap(person: uuid.UUID, wrapped: bytes) -> bytes | None:
    """Return None where the wrapping key is missing, or is another one with the same id."""
    try:
        return encryption.decrypt_with_key_file(purpose="person", data=wrapped, context=person.bytes)
    except encryption.DecryptionFailed:
        return None


def opens(*, person: uuid.UUID, wrapped: bytes) -> bool:
    """Return whether the key file opens this person's key. Raises MissingKey and UnusableFile."""
    return _unwrap(person, wrapped) is not None


def load_keys(
    *,
    data_subjects: Iterable[uuid.UUID],
    create: bool = False,
    wrapped_keys: Mapping[uuid.UUID, bytes] | None = None,
) -> dict[uuid.UUID, bytes]:
    """Return the keys of these people; `create` makes missing ones. At most three statements.

    `wrapped_keys` are keys that the caller has read in the same transaction: these are not read again. A destroyed key
    is absent. A key that the key file does not open is empty, and reads and writes nothing.
    """
    people = set(data_subjects)
    if not people:
        return {}
    wrapped = {person: data for person, data in (wrapped_keys or {}).items() if person in people}
    if unread := people - wrapped.keys():
        wrapped |= _load_wrapped(unread)
    missing = sorted(people - wrapped.keys()) if create else []
    if missing:
        wrapped |= _create(missing)
    # An empty row is a destroyed key. It is not made again.
    keys = {person: _unwrap(person, data) or _UNREADABLE for person, data in wrapped.items() if data}
    if failed := [person for person, key in keys.items() if key == _UNREADABLE]:
        _log.error(
            "The key file does not open the keys of %d persons, one of them %s", len(failed), failed[0]
        )
    return keys


def _create(people: list[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """Add keys for these people, in ascending order; where another act was first, its key stands.

    Everything that several acts may insert at once is in ascending order. Two statements at most.
    """
    rows = {person: _wrap(person, secrets.token_bytes(encryption.KEY_BYTES)) for person in people}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(rows), list(rows.values())])
        added = {person for (person,) in cursor.fetchall()}
    created = {person: data for person, data in rows.items() if person in added}
    others = [person for person in people if person not in added]
    return created | (_load_wrapped(others) if others else {})


def _load_wrapped(people: Iterable[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    rows = db.fetch_all("SELECT id, wrapped FROM audit_person_key WHERE id = ANY(%s)", [list(people)])
    return {person: bytes(wrapped) for person, wrapped in rows}


def encrypt(*, value: PersonalValue, keys: Mapping[uuid.UUID, bytes]) -> dict[str, object]:
    """Return `{"data_subjects": [ids], "ciphertext": base64url}`, readable only while every data subject's key exists.

    The ciphertext is empty where a key is missing from `keys`. Raises ValueError for a value without data subjects:
    there is no key to encrypt it under.
    """
    if not value.data_subjects:
        raise ValueError("a personal value needs a data subject")
    data_subjects = [str(person) for person in value.data_subjects]
    if not all(keys.get(person) for person in value.data_subjects):
        return {"data_subjects": data_subjects, "ciphertext": ""}
    data = value.text.encode(errors="replace")
    for person in value.data_subjects:
        data = encryption.encrypt(key=keys[person], data=data, context=person.bytes)
    return {"data_subjects": data_subjects, "ciphertext": base64.urlsafe_b64encode(data).decode()}


def decrypt(*, encrypted: Mapping[str, object], keys: Mapping[uuid.UUID, bytes]) -> str | None:
    """Return the text that `encrypt` was given, or None where a key is missing or wrong."""
    data = base64.urlsafe_b64decode(str(encrypted["ciphertext"]))
    data_subjects = encrypted["data_subjects"]
    if not data or not isinstance(data_subjects, list):
        return None
    for name in reversed(data_subjects):
        person = uuid.UUID(name)
        if not keys.get(person):
            return None
        try:
            data = encryption.decrypt(key=keys[person], data=data, context=person.bytes)
        except encryption.DecryptionFailed:
            return None
    return data.decode()


def destroy(*, people: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Empty the keys of these people and invitations, and return those that had one. One statement.

    The act's event must name them (`DESTROYED`): the database compares it at the commit.
    """
    statement = "UPDATE audit_person_key SET wrapped = '' WHERE id = ANY(%s) AND wrapped <> '' RETURNING id"
    return sorted(person for (person,) in db.fetch_all(statement, [list(people)]))
