"""Keys stand outside the database, in one file per purpose in a 0700 folder; each key has an id.

What is lost with a file:

- `events`: no event can be written, and the authenticity of older ones can never be verified again.
- `person`: personal values in the log can never be read again.
- `pepper`: every machine secret and every open link is void.
- `secrets`: targets' tokens and queued mails must be entered or sent again.
- `web`: all sessions end.
- `signing`: clients fetch the new key and refuse tokens signed before.
"""

import base64
import json
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

PURPOSES = ("events", "person", "pepper", "secrets", "web")
_BYTES = 32


class MissingKey(FileNotFoundError):
    """A key file is missing; the message names the command that makes it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The key file {path} is missing. Run `manage.py keys make`, once per installation.")


class Key(NamedTuple):
    """A key has 32 bytes. Its id is short, because it prefixes every hash and ciphertext made with the key."""

    id: str
    material: bytes


def ensure(*, folder: Path, purpose: str) -> None:
    """Create the file of `purpose` with one new key, unless it exists. Safe when several processes race."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(
        {"current": "k1", "keys": {"k1": base64.b64encode(secrets.token_bytes(_BYTES)).decode()}}, indent=1
    )
    write_once(path=folder / f"{purpose}.json", text=text)


def write_once(*, path: Path, text: str) -> None:
    """Create a 0600 file atomically, unless it exists."""
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


def _load(path: Path) -> tuple[str, dict[str, bytes]]:
    """Return the current key's id and all keys; a changed file is read again, at the price of a stat.

    Raises MissingKey.
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise MissingKey(path) from error
    return _parse(path, status.st_mtime_ns, status.st_ino, status.st_size)


@lru_cache(maxsize=8)
def _parse(path: Path, _mtime: int, _inode: int, _size: int) -> tuple[str, dict[str, bytes]]:
    content = json.loads(path.read_text(encoding="ascii"))
    return content["current"], {key: base64.b64decode(value) for key, value in content["keys"].items()}


def current(*, folder: Path, purpose: str) -> Key:
    """Return the key for new hashes and ciphertexts. Raises MissingKey."""
    name, keys = _load(folder / f"{purpose}.json")
    return Key(name, keys[name])


def missing(*, folder: Path) -> list[str]:
    """List the purposes without a key file."""
    return [purpose for purpose in PURPOSES if not (folder / f"{purpose}.json").exists()]


def secret_key(*, folder: Path) -> str:
    """Return Django's SECRET_KEY; it is empty where its file is missing, so that `keys make` can start."""
    try:
        return current(folder=folder, purpose="web").material.hex()
    except MissingKey:
        return ""


def all_keys(*, folder: Path, purpose: str) -> list[Key]:
    """Return all keys of the file, the current one first. Raises MissingKey."""
    name, keys = _load(folder / f"{purpose}.json")
    return [Key(name, keys[name]), *(Key(other, keys[other]) for other in keys if other != name)]


def key_by_id(*, folder: Path, purpose: str, key: str) -> Key | None:
    """Return the current or an older key with this id, or None. Raises MissingKey."""
    material = _load(folder / f"{purpose}.json")[1].get(key)
    return Key(key, material) if material else None


def rotate(*, folder: Path, purpose: str) -> str:
    """Add a key and make it current; older ones still decrypt and verify. Returns the new id."""
    path = folder / f"{purpose}.json"
    content = json.loads(path.read_text(encoding="ascii"))
    name = f"k{len(content['keys']) + 1}"
    content["keys"][name] = base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    content["current"] = name
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_once(path=draft, text=json.dumps(content, indent=1))
    draft.replace(path)
    return name
