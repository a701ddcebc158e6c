"""Personal values in the log: ciphertext under the key of the person they are about.

AES-256-GCM; the key of each person is itself wrapped by a key file outside the database. Erasing a person deletes the
row of `PersonKey`; the hashes over the ciphertext still hold.

Where a person's key cannot be opened because the key file is lost, nothing is read and nothing personal is written: an
event without the name is better than a leaver who cannot be removed.
"""

import base64
import logging
import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from audit.foundation import db, encryption
from audit.models import PersonKey

_log = logging.getLogger(__name__)


class PersonalValue(NamedTuple):
    """A personal value and the persons it is about; free text is about its writer and its subject."""

    text: str
    about: tuple[uuid.UUID, ...]


def _wrap(person: uuid.UUID, key: bytes) -> bytes:
    return encryption.encrypt_with_key_file(purpose="person", data=key, context=person.bytes)


def _unwrap(person: uuid.UUID, wrapped: bytes) -> bytes | None:
    """None where the wrapping key is not at hand, or another one of that name is."""
    try:
        return encryption.decrypt_with_key_file(purpose="person", data=wrapped, context=person.bytes)
    except encryption.DecryptionFailed:
        return None


def keys_of(*, persons: Iterable[uuid.UUID], make: bool = False) -> dict[uuid.UUID, bytes]:
    """The keys of these persons that can be opened, three statements at most; with `make`, missing ones are made."""
    wanted = set(persons)
    if not wanted:
        return {}
    held = _keys(wanted)
    missing = sorted(wanted - held.keys()) if make else []
    if missing:
        # Ascending, as everything that several acts may insert at once; where somebody else is first, theirs stands.
        PersonKey.objects.bulk_create(
            [
                PersonKey(id=person, wrapped=_wrap(person, secrets.token_bytes(encryption.KEY_BYTES)))
                for person in missing
            ],
            ignore_conflicts=True,
        )
        held |= _keys(missing)
    opened = {person: _unwrap(person, wrapped) for person, wrapped in held.items()}
    if closed := [person for person, key in opened.items() if key is None]:
        _log.error(
            "The key file does not open the keys of %d persons, one of them %s", len(closed), closed[0]
        )
    return {person: key for person, key in opened.items() if key is not None}


def _keys(persons: Iterable[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    rows = db.fetch_all("SELECT id, wrapped FROM audit_person_key WHERE id = ANY(%s)", [list(persons)])
    return {person: bytes(wrapped) for person, wrapped in rows}


def encrypt(*, private: PersonalValue, keys: Mapping[uuid.UUID, bytes]) -> dict[str, object]:
    """`{"about": [ids], "text": base64url}`, readable only while every one of the persons' keys exists.

    The text is empty where a key is missing from `keys`. Raises ValueError for a value that is about nobody: there is
    no key to encrypt it under.
    """
    data = private.text.encode(errors="replace")
    if not private.about:
        raise ValueError("a personal value is about somebody")
    if not keys.keys() >= set(private.about):
        return {"about": [str(person) for person in private.about], "text": ""}
    for person in private.about:
        data = encryption.encrypt(key=keys[person], data=data, context=person.bytes)
    return {
        "about": [str(person) for person in private.about],
        "text": base64.urlsafe_b64encode(data).decode(),
    }


def decrypt(*, encrypted: Mapping[str, object], keys: Mapping[uuid.UUID, bytes]) -> str | None:
    """The text again, or None where a key has been destroyed."""
    data = base64.urlsafe_b64decode(str(encrypted["text"]))
    about = encrypted["about"]
    if not data or not isinstance(about, list):
        return None
    for name in reversed(about):
        person = uuid.UUID(name)
        if person not in keys:
            return None
        try:
            data = encryption.decrypt(key=keys[person], data=data, context=person.bytes)
        except encryption.DecryptionFailed:
            return None
    return data.decode()
