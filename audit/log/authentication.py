"""Each event carries a MAC, so that only a process with the key file `events` can have written it.

HMAC-SHA-256 (RFC 2104) over the hashed body, which holds every column. The key's id and a colon precede the code, so
that events from before a rotation still verify. A holder of the key can forge events: this proves nothing to others.
"""

import hashlib
import hmac
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from audit.foundation import key_files
from audit.foundation.errors import LogUnavailable
from audit.foundation.key_files import Key, MissingKey
from audit.foundation.private_files import UnusableFile

_log = logging.getLogger(__name__)

PURPOSE = "events"


def current_key() -> Key:
    """Return the key for new events. Raises LogUnavailable without a usable key file; the operator's log names it."""
    with _available():
        return key_files.current(folder=Path(settings.KEYS_FOLDER), purpose=PURPOSE)


def keys_for_reading() -> dict[str, bytes]:
    """Return the current and all older keys for showing events. Raises LogUnavailable without a usable key file."""
    with _available():
        return keys_by_id()


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (MissingKey, UnusableFile) as error:
        _log.error("Events can be neither written nor shown: %s", error)
        raise LogUnavailable from error


def keys_by_id() -> dict[str, bytes]:
    """Return the current and all older keys. Raises MissingKey and UnusableFile."""
    keys = key_files.all_keys(folder=Path(settings.KEYS_FOLDER), purpose=PURPOSE)
    return {key.id: key.material for key in keys}


def mac_of(*, body: bytes, key: Key) -> bytes:
    """Return the key's id, a colon, and 32 bytes."""
    return key.id.encode() + b":" + hmac.digest(key.material, body, hashlib.sha256)


def is_authentic(*, body: bytes, mac: bytes, keys: Mapping[str, bytes]) -> bool:
    """Return whether one of these keys made the code over this body. An unknown key's id makes it False."""
    key_id, _, code = mac.partition(b":")
    material = keys.get(key_id.decode("ascii", "replace"))
    return material is not None and hmac.compare_digest(code, hmac.digest(material, body, hashlib.sha256))
