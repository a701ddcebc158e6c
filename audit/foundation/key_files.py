"""Keys stand outside the database, in one file per purpose in a 0700 folder; only `manage.py keys` writes them.

A key has a random id that is never used again, and the instant from which it is used. A rotation adds a key that is
used after SPREAD: until then, every process on every server reads it and accepts what it made, at the price of a stat.

What is lost with a file:

- `events`: no event can be written, and the authenticity of older ones can never be verified again.
- `person`: personal values in the log can never be read again.
- `pepper`: every machine secret and every open link is void.
- `secrets`: targets' tokens, queued mails and second factors must be entered or sent again.
- `web`: all sessions, codes and tokens end.
- `signing`: clients fetch the new key and refuse tokens signed before.
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from audit.foundation import clock, private_files

PURPOSES = ("events", "person", "pepper", "secrets", "web")
SPREAD = dt.timedelta(hours=1)
"""How long a new key is in the files before it is used: long enough to copy the folder to every server."""
RETENTION = dt.timedelta(days=7)
"""How long a replaced `web` or signing key is still accepted: longer than what it signed is valid."""
FIRST = dt.datetime.fromtimestamp(0, dt.UTC)
"""The first key is used at once, by any clock."""
_BYTES = 32


class MissingKey(FileNotFoundError):
    """A key file is missing; the message names the command that makes it."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The key file {path} is missing. Check KEYHOLDER_KEYS and that the folder is mounted. Only a new"
            " installation makes keys, by `manage.py keys make`."
        )


class Key(NamedTuple):
    """A key has 32 bytes. Its id is short, because it prefixes every hash and ciphertext made with the key."""

    id: str
    material: bytes
    used_from: dt.datetime

    def fingerprint(self, purpose: str) -> str:
        """Return a keyed hash that identifies the key and does not reveal it, as hex."""
        text = f"keyholder key fingerprint {purpose} {self.id}"
        return hmac.new(self.material, text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=64)
def path_of(*, folder: Path, purpose: str) -> Path:
    """Return the file of a purpose."""
    return folder / f"{purpose}.json"


def ensure(*, folder: Path, purpose: str) -> None:
    """Create the file of `purpose` with one new key, unless it exists. Safe when several processes race."""
    private_files.make_folder(folder)
    text = _text([_new(FIRST)])
    private_files.write_once(path=path_of(folder=folder, purpose=purpose), text=text)


def _new(used_from: dt.datetime) -> Key:
    return Key(secrets.token_hex(4), secrets.token_bytes(_BYTES), used_from)


def _text(keys: Iterable[Key]) -> str:
    rows = {
        key.id: {"from": key.used_from.isoformat(), "key": base64.b64encode(key.material).decode()}
        for key in keys
    }
    return json.dumps({"keys": rows}, indent=1)


def _load(path: Path) -> tuple[Key, ...]:
    """Return all keys, the first used first; a changed file is read again, at the price of a stat.

    Raises MissingKey and UnusableFile.
    """
    try:
        status = path.lstat()
    except FileNotFoundError as error:
        raise MissingKey(path) from error
    return _parse(path, status.st_mtime_ns, status.st_ino, status.st_size)


@lru_cache(maxsize=32)
def _parse(path: Path, _mtime: int, _inode: int, _size: int) -> tuple[Key, ...]:
    return read_keys(path)


def read_keys(path: Path) -> tuple[Key, ...]:
    """Read the file itself, the first used key first. Raises MissingKey; UnusableFile for an open or broken file."""
    try:
        rows = json.loads(private_files.read_text(path))["keys"]
        keys = [
            Key(name, base64.b64decode(row["key"], validate=True), dt.datetime.fromisoformat(row["from"]))
            for name, row in rows.items()
        ]
        used_first = tuple(sorted(keys, key=lambda key: key.used_from))
    except FileNotFoundError as error:
        raise MissingKey(path) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise private_files.broken(path) from error
    if not keys or any(len(key.material) != _BYTES for key in keys):
        raise private_files.broken(path)
    return used_first


def _current(keys: tuple[Key, ...], now: dt.datetime) -> Key:
    return next((key for key in reversed(keys) if key.used_from <= now), keys[0])


def current(*, folder: Path, purpose: str) -> Key:
    """Return the key for new hashes and ciphertexts. Raises MissingKey and UnusableFile."""
    return _current(_load(path_of(folder=folder, purpose=purpose)), clock.wall())


def all_keys(*, folder: Path, purpose: str, now: dt.datetime | None = None) -> list[Key]:
    """Return all keys of the file, the current one first, also those that are not used yet.

    Raises MissingKey and UnusableFile.
    """
    keys = _load(path_of(folder=folder, purpose=purpose))
    used = _current(keys, now or clock.wall())
    return [used, *(key for key in keys if key is not used)]


def key_by_id(*, folder: Path, purpose: str, key: str) -> Key | None:
    """Return the key with this id, or None. Raises MissingKey and UnusableFile."""
    keys = _load(path_of(folder=folder, purpose=purpose))
    return next((found for found in keys if found.id == key), None)


def rotate(*, folder: Path, purpose: str, after: dt.timedelta = SPREAD, withdraw: bool = False) -> Key:
    """Add a key that is used after `after`. Returns it. Raises MissingKey and UnusableFile.

    `withdraw` is for a leak: no older key is used later, either.
    """
    path, now = path_of(folder=folder, purpose=purpose), clock.wall()
    keys, key = read_keys(path), _new(now + after)
    if withdraw:
        # A key that waits for its instant leaked with the others, and would replace the new one at that instant.
        keys = tuple(older._replace(used_from=min(older.used_from, now)) for older in keys)
    private_files.replace(path=path, text=_text([*keys, key]))
    return key


def retired(*, folder: Path, purpose: str, withdraw: bool) -> set[str]:
    """Return the ids of keys that need not be accepted any more: only `web` keys, on which no stored data depends.

    All but the newest with `withdraw`, otherwise those that were replaced longer than RETENTION ago. Raises MissingKey
    and UnusableFile.
    """
    if purpose != "web":
        return set()
    now = clock.wall()
    keys = read_keys(path_of(folder=folder, purpose=purpose))
    return {older.id for older, newer in pairwise(keys) if withdraw or newer.used_from + RETENTION <= now}


def remove(*, folder: Path, purpose: str, keys: Collection[str]) -> None:
    """Remove these keys from the file. Raises MissingKey and UnusableFile."""
    path = path_of(folder=folder, purpose=purpose)
    private_files.replace(path=path, text=_text(key for key in read_keys(path) if key.id not in keys))
