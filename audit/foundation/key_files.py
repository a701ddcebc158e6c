"""Keys outside the database: one file per purpose in a 0700 folder, each key with an id.

Lost `person` file: personal values in the log can never be read again. Lost `pepper`: every machine secret and
outstanding link is void. Lost `secrets`: targets' tokens and queued mails must be made anew. Lost `web`: everybody
signs in again. Lost `signing`: clients fetch the new key; tokens signed before are refused.
"""

import base64
import json
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

PURPOSES = ("person", "pepper", "secrets", "web")
_BYTES = 32


class MissingKey(FileNotFoundError):
    """A key file is missing; the message names the command that makes it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The key file {path} is missing. Run `manage.py keys make`, once per installation.")


class Key(NamedTuple):
    """One key: its id, short enough to stand in front of what it made, and its 32 bytes."""

    id: str
    material: bytes


def ensure(*, folder: Path, purpose: str) -> None:
    """Make the file of `purpose` with one fresh key, unless it is there. Safe when several processes race."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(
        {"current": "k1", "keys": {"k1": base64.b64encode(secrets.token_bytes(_BYTES)).decode()}}, indent=1
    )
    write_once(path=folder / f"{purpose}.json", text=text)


def write_once(*, path: Path, text: str) -> None:
    """Write a 0600 file that appears whole or not at all, and only if it was not there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _lock(path: Path) -> tuple[str, dict[str, bytes]]:
    """One stat per use: a rotation is seen by running processes. Raises MissingKey."""
    try:
        seen = path.stat()
    except FileNotFoundError as error:
        raise MissingKey(path) from error
    return _read(path, seen.st_mtime_ns, seen.st_ino, seen.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _mtime: int, _inode: int, _size: int) -> tuple[str, dict[str, bytes]]:
    held = json.loads(path.read_text(encoding="ascii"))
    return held["current"], {key: base64.b64decode(value) for key, value in held["keys"].items()}


def current(*, folder: Path, purpose: str) -> Key:
    """The key that new things are made with. Raises MissingKey."""
    name, keys = _lock(folder / f"{purpose}.json")
    return Key(name, keys[name])


def missing(*, folder: Path) -> list[str]:
    """Purposes without a key file."""
    return [purpose for purpose in PURPOSES if not (folder / f"{purpose}.json").exists()]


def secret_key(*, folder: Path) -> str:
    """Django's SECRET_KEY; empty where its file is missing."""
    try:
        return current(folder=folder, purpose="web").material.hex()
    except MissingKey:
        return ""


def all_keys(*, folder: Path, purpose: str) -> list[Key]:
    """All keys that are kept, the current one first."""
    name, keys = _lock(folder / f"{purpose}.json")
    return [Key(name, keys[name]), *(Key(other, keys[other]) for other in keys if other != name)]


def key_by_id(*, folder: Path, purpose: str, key: str) -> Key | None:
    """An older or the current key by its id, or None."""
    material = _lock(folder / f"{purpose}.json")[1].get(key)
    return Key(key, material) if material else None


def rotate(*, folder: Path, purpose: str) -> str:
    """Add a key and make it current; older ones go on opening what they closed. Returns the new id."""
    path = folder / f"{purpose}.json"
    held = json.loads(path.read_text(encoding="ascii"))
    name = f"k{len(held['keys']) + 1}"
    held["keys"][name] = base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    held["current"] = name
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_once(path=draft, text=json.dumps(held, indent=1))
    draft.replace(path)
    return name
