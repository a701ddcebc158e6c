"""The store on disk has whole files that are old or new and never half, and journals that only grow.

A kill -9 loses nothing that was answered: a write reaches the operating system before the answer leaves.
"""

import json
import os
import pathlib
import secrets
import threading
from collections.abc import Iterator
from typing import Any

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def folder(path: pathlib.Path) -> pathlib.Path:
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return path


def write(path: pathlib.Path, content: bytes) -> None:
    """Replace a file whole."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    draft.replace(path)


def write_json(path: pathlib.Path, value: object) -> None:
    write(path, json.dumps(value, ensure_ascii=False).encode())


def read_all(path: pathlib.Path) -> Iterator[Any]:
    """Read every JSON file of a folder, and clear away the drafts of an earlier end by force."""
    for draft in path.glob("*.draft"):
        draft.unlink()
    for file in sorted(path.glob("*.json")):
        yield json.loads(file.read_bytes())


def secret(path: pathlib.Path) -> bytes:
    if not path.exists():
        write(path, secrets.token_hex(32).encode())
    return path.read_bytes()


class Journal:
    """The file has JSON lines and only grows; a line torn by the machine's end is passed over."""

    def __init__(self, path: pathlib.Path) -> None:
        self.lock = threading.Lock()
        self.path = path
        self.count = sum(1 for _ in self.lines())
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            os.write(self._handle, b"\n")

    def append(self, line: dict[str, Any]) -> None:
        with self.lock:
            os.write(self._handle, json.dumps(line, ensure_ascii=False).encode() + b"\n")
            self.count += 1

    def lines(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for text in self.path.read_bytes().splitlines():
            try:
                yield json.loads(text)
            except ValueError:
                continue
