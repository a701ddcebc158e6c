"""AES-256-GCM: the stored format, what is refused, and older keys."""

import datetime as dt
import json
from pathlib import Path

import pytest
from django.conf import LazySettings

from audit.foundation import encryption, key_files

KEY = bytes(range(encryption.KEY_BYTES))
STORED = bytes.fromhex("0102030405060708090a0b0c718531b082c8ed1f281a76105bb58cf9df406c2de8")
"""`token` under KEY and the context `one`, as a released version stored it: nonce, ciphertext, tag."""


def test_ciphertext_of_a_released_version_is_decrypted(settings: LazySettings, tmp_path: Path) -> None:
    settings.KEYS_FOLDER = tmp_path
    key = {"from": "1970-01-01T00:00:00+00:00", "key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
    path = tmp_path / "secrets.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"keys": {"k1": key}}))
    assert encryption.decrypt(key=KEY, data=STORED, context=b"one") == b"token"
    assert encryption.decrypt_secret(data=b"k1:" + STORED, context=b"one") == b"token"


def test_ciphertext_of_the_same_data_differs_each_time() -> None:
    first, second = (encryption.encrypt(key=KEY, data=b"token", context=b"one") for _ in range(2))
    assert first[:12] != second[:12]
    assert first[12:] != second[12:]


def test_decrypt_with_another_context_is_refused() -> None:
    encrypted = encryption.encrypt_secret(data=b"token", context=b"one")
    assert b"token" not in encrypted
    assert encryption.decrypt_secret(data=encrypted, context=b"one") == b"token"
    with pytest.raises(encryption.DecryptionFailed):
        encryption.decrypt_secret(data=encrypted, context=b"another")


@pytest.mark.parametrize("position", range(len(STORED)))
def test_decrypt_with_a_changed_byte_is_refused(position: int) -> None:
    changed = bytearray(STORED)
    changed[position] ^= 1
    with pytest.raises(encryption.DecryptionFailed):
        encryption.decrypt(key=KEY, data=bytes(changed), context=b"one")


@pytest.mark.parametrize("broken", [b"", b"k1:", b"nokey", b"k9:xxxxxxxxxxxxxxxxxxxxxxxx", b"\xff:x"])
def test_decrypt_of_broken_data_is_refused(broken: bytes) -> None:
    with pytest.raises(encryption.DecryptionFailed):
        encryption.decrypt_secret(data=broken, context=b"one")


def test_decrypt_after_a_rotation_uses_the_older_key(settings: LazySettings, tmp_path: Path) -> None:
    settings.KEYS_FOLDER = tmp_path
    key_files.ensure(folder=tmp_path, purpose="secrets")
    encrypted = encryption.encrypt_secret(data=b"token", context=b"one")
    added = key_files.rotate(folder=tmp_path, purpose="secrets", after=dt.timedelta())
    assert encryption.decrypt_secret(data=encrypted, context=b"one") == b"token"
    assert encryption.encrypt_secret(data=b"token", context=b"one").startswith(added.id.encode() + b":")
