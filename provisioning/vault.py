"""Others' secrets at rest: AES-256-GCM under the key file `secrets`, bound to the row they stand in."""

import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from audit import keyfile

_NONCE = 12


class Closed(Exception):
    """The key is gone, or this was not sealed for that context."""


def _folder() -> Path:
    return Path(settings.KEYS_FOLDER)


def seal(*, data: bytes, context: bytes) -> bytes:
    """`<key id>:<nonce><ciphertext>`; only the same context opens it again."""
    key = keyfile.current(folder=_folder(), purpose="secrets")
    nonce = secrets.token_bytes(_NONCE)
    return key.id.encode() + b":" + nonce + AESGCM(key.material).encrypt(nonce, data, context)


def reveal(*, sealed: bytes | memoryview, context: bytes) -> bytes:
    """What was sealed. Raises Closed."""
    name, _, rest = bytes(sealed).partition(b":")
    key = keyfile.by_id(folder=_folder(), purpose="secrets", key=name.decode("ascii", "replace"))
    if key is None:
        raise Closed
    try:
        return AESGCM(key.material).decrypt(rest[:_NONCE], rest[_NONCE:], context)
    except (InvalidTag, ValueError) as error:
        raise Closed from error
