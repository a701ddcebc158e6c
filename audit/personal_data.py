"""Personal values stand in the log as ciphertext under the keys of their data subjects.

AES-256-GCM. Each person's key is itself encrypted under a key file outside the database. Erasing a person deletes the
row of `PersonKey`; the hashes over the ciphertext still hold.

Without the key file no personal value is read and none is written: an event without the name is better than a leaver
who cannot be removed.
"""

import base64
import logging
import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from audit.foundation import db, encryption
from audit.models import PersonKey

DESTROYED = "destroyed_keys"
"""The fact in which an event of a chain names the keys that its act destroys; the database compares it."""
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
    """Return whether the key file opens this person's key. Raises MissingKey without that file."""
    return _unwrap(person, wrapped) is not None


def load_keys(*, data_subjects: Iterable[uuid.UUID], create: bool = False) -> dict[uuid.UUID, bytes]:
    """Return the keys of these people that can be decrypted; `create` makes missing ones. At most three statements."""
    people = set(data_subjects)
    if not people:
        return {}
    wrapped = _load_wrapped(people)
    missing = sorted(people - wrapped.keys()) if create else []
    if missing:
        # Ascending, as everything that several acts may insert at once; where another act is first, its key stands.
        PersonKey.objects.bulk_create(
            [
                PersonKey(id=person, wrapped=_wrap(person, secrets.token_bytes(encryption.KEY_BYTES)))
                for person in missing
            ],
            ignore_conflicts=True,
        )
        wrapped |= _load_wrapped(missing)
    keys = {person: _unwrap(person, data) for person, data in wrapped.items()}
    if failed := [person for person, key in keys.items() if key is None]:
        _log.error(
            "The key file does not open the keys of %d persons, one of them %s", len(failed), failed[0]
        )
    return {person: key for person, key in keys.items() if key is not None}


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
    if not keys.keys() >= set(value.data_subjects):
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
        if person not in keys:
            return None
        try:
            data = encryption.decrypt(key=keys[person], data=data, context=person.bytes)
        except encryption.DecryptionFailed:
            return None
    return data.decode()
