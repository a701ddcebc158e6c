"""Each event carries a MAC, so that only a process with the key file `events` can have written it.

HMAC-SHA-256 (RFC 2104) over the hashed body, which holds every column. The key's id and a colon precede the code, so
that events from before a rotation still verify. A holder of the key can forge events: this proves nothing to others.
"""

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from audit.foundation import key_files
from audit.foundation.key_files import Key

PURPOSE = "events"


def current_key() -> Key:
    """Return the key for new events. Raises MissingKey."""
    return key_files.current(folder=Path(settings.KEYS_FOLDER), purpose=PURPOSE)


def keys_by_id() -> dict[str, bytes]:
    """Return the current and all older keys. Raises MissingKey."""
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
