"""Personal values in the log: ciphertext under the key of the person they are about.

AES-256-GCM; the key of each person is itself wrapped by a key file outside the database. Erasing a person deletes the
row of `PersonKey`; the hashes over the ciphertext still hold.
"""

import base64
import secrets
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from audit import keyfile
from audit.models import PersonKey

_NONCE = 12
_KEY = 32


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


def _unwrap(person: uuid.UUID, wrapped: bytes) -> bytes:
    name, _, rest = bytes(wrapped).partition(b":")
    wrapper = keyfile.by_id(folder=_folder(), purpose="person", key=name.decode())
    if wrapper is None:
        raise KeyError(name)
    return AESGCM(wrapper.material).decrypt(rest[:_NONCE], rest[_NONCE:], person.bytes)


def keys_of(*, persons: Iterable[uuid.UUID], make: bool = False) -> dict[uuid.UUID, bytes]:
    """The keys of these persons, two statements at most; with `make`, missing ones are made."""
    wanted = set(persons)
    rows = PersonKey.objects.filter(id__in=wanted)
    found = {row.id: _unwrap(row.id, row.wrapped) for row in rows}
    missing = wanted - found.keys() if make else set()
    if missing:
        fresh = {person: secrets.token_bytes(_KEY) for person in missing}
        PersonKey.objects.bulk_create(
            [PersonKey(id=person, wrapped=_wrap(person, key)) for person, key in fresh.items()],
            ignore_conflicts=True,
        )
        # Somebody else may have been first: what stands in the table is the key.
        found |= {row.id: _unwrap(row.id, row.wrapped) for row in PersonKey.objects.filter(id__in=missing)}
    return found


def seal(*, private: Private, keys: Mapping[uuid.UUID, bytes]) -> dict[str, object]:
    """`{"about": [ids], "text": base64url}`, readable only while every one of the persons' keys exists."""
    data = private.text.encode()
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
    if not isinstance(about, list):
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
