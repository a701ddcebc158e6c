"""Everything that is stored encrypted is encrypted by AES-256-GCM.

A ciphertext is a nonce of 12 bytes, the encrypted data, and a tag of 16 bytes. Under a key file, the key's id and a
colon precede it, so that older keys still decrypt after a rotation. `context` is the associated data: it binds a
ciphertext to its row or person.
"""

import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from audit.foundation import key_files

KEY_BYTES = 32
_NONCE_BYTES = 12


class DecryptionFailed(Exception):
    """The key is missing, the key or context is not that of the encryption, or the ciphertext was changed."""


def encrypt(*, key: bytes, data: bytes, context: bytes) -> bytes:
    """Encrypt under a key of KEY_BYTES with a fresh random nonce."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, context)


def decrypt(*, key: bytes, data: bytes, context: bytes) -> bytes:
    """Decrypt what `encrypt` returned for the same key and context. Raises DecryptionFailed."""
    try:
        return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise DecryptionFailed from error


def encrypt_with_key_file(*, purpose: str, data: bytes, context: bytes) -> bytes:
    """Encrypt under the current key of the key file `purpose`. Raises FileNotFoundError without that file."""
    key = key_files.current(folder=_folder(), purpose=purpose)
    return key.id.encode() + b":" + encrypt(key=key.material, data=data, context=context)


def decrypt_with_key_file(*, purpose: str, data: bytes | memoryview, context: bytes) -> bytes:
    """Decrypt with the key that the ciphertext names. Raises DecryptionFailed; FileNotFoundError without the file."""
    name, _, rest = bytes(data).partition(b":")
    key = key_files.key_by_id(folder=_folder(), purpose=purpose, key=name.decode("ascii", "replace"))
    if key is None:
        raise DecryptionFailed
    return decrypt(key=key.material, data=rest, context=context)


def encrypt_secret(*, data: bytes, context: bytes) -> bytes:
    """Encrypt a secret that another system or a person must get back, under the key file `secrets`."""
    return encrypt_with_key_file(purpose="secrets", data=data, context=context)


def decrypt_secret(*, data: bytes | memoryview, context: bytes) -> bytes:
    """Decrypt what `encrypt_secret` returned. Raises DecryptionFailed."""
    return decrypt_with_key_file(purpose="secrets", data=data, context=context)


def _folder() -> Path:
    return Path(settings.KEYS_FOLDER)
