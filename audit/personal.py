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
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from audit import keyfile
from audit.models import PersonKey

_NONCE = 12
_KEY = 32
_log = logging.getLogger(__name__)


class Private(NamedTuple):
    """A personal value and the persons it is about; free text is about its writer and its subject."""

    text: str
    about: tuple[uuid.UUID, ...]


def _folder() -> Path:
    return Path(settings.KEYS_FOLDER)


def _wrap(person: uuid.UUID, key: bytes) -> bytes:
    wrapper = keyfile.current(folder=_folder(), purpose="person")
    nonce = secrets.token_bytes(_NONCE)
    return wrapper.id.encode() + b":" + nonce + AESGCM(wrapper.material).encrypt(nonce, key, person.bytes)


def _unwrap(person: uuid.UUID, wrapped: bytes) -> bytes | None:
    """None where the wrapping key is not at hand, or another one of that name is."""
    name, _, rest = wrapped.partition(b":")
    wrapper = keyfile.by_id(folder=_folder(), purpose="person", key=name.decode())
    try:
        return wrapper and AESGCM(wrapper.material).decrypt(rest[:_NONCE], rest[_NONCE:], person.bytes)
    except InvalidTag:
        return None


def keys_of(*, persons: Iterable[uuid.UUID], make: bool = False) -> dict[uuid.UUID, bytes]:
    """The keys of these persons that can be opened, three statements at most; with `make`, missing ones are made."""
    wanted = set(persons)
    if not wanted:
        return {}
    held = _held(wanted)
    missing = sorted(wanted - held.keys()) if make else []
    if missing:
        # Ascending, as everything that several acts may insert at once; where somebody else is first, theirs stands.
        PersonKey.objects.bulk_create(
            [PersonKey(id=person, wrapped=_wrap(person, secrets.token_bytes(_KEY))) for person in missing],
            ignore_conflicts=True,
        )
        held |= _held(missing)
    opened = {person: _unwrap(person, wrapped) for person, wrapped in held.items()}
    if closed := [person for person, key in opened.items() if key is None]:
        _log.error(
            "The key file does not open the keys of %d persons, one of them %s", len(closed), closed[0]
        )
    return {person: key for person, key in opened.items() if key is not None}


def _held(persons: Iterable[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, wrapped FROM audit_person_key WHERE id = ANY(%s)", [list(persons)])
        return {person: bytes(wrapped) for person, wrapped in cursor.fetchall()}


def seal(*, private: Private, keys: Mapping[uuid.UUID, bytes]) -> dict[str, object]:
    """`{"about": [ids], "text": base64url}`, readable only while every one of the persons' keys exists.

    The text is empty where a key is missing from `keys`. Raises ValueError for a value that is about nobody: there is
    no key to seal it under.
    """
    data = private.text.encode(errors="replace")
    if not private.about:
        raise ValueError("a personal value is about somebody")
    if not keys.keys() >= set(private.about):
        return {"about": [str(person) for person in private.about], "text": ""}
    for person in private.about:
        nonce = secrets.token_bytes(_NONCE)
        data = nonce + AESGCM(keys[person]).encrypt(nonce, data, person.bytes)
    return {
        "about": [str(person) for person in private.about],
        "text": base64.urlsafe_b64encode(data).decode(),
    }


def reveal(*, sealed: Mapping[str, object], keys: Mapping[uuid.UUID, bytes]) -> str | None:
    """The text again, or None where a key has been destroyed."""
    data = base64.urlsafe_b64decode(str(sealed["text"]))
    about = sealed["about"]
    if not data or not isinstance(about, list):
        return None
    for name in reversed(about):
        person = uuid.UUID(name)
        if person not in keys:
            return None
        try:
            data = AESGCM(keys[person]).decrypt(data[:_NONCE], data[_NONCE:], person.bytes)
        except InvalidTag:
            return None
    return data.decode()
