"""The folder of the checkpoints belongs to the deliverer's system user, and nobody else writes it.

- `signing-key`: mode 0600.
- `verifier-keys`: one public key in each line, the newest first, for everybody.
- `latest`: a copy of the newest checkpoint.
- `restores`: each confirmed restore (audit.checkpoints.restores).
- a folder for each day with a file for each checkpoint.
"""

import contextlib
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from audit.checkpoints import note
from audit.checkpoints.note import CheckpointKey
from audit.foundation import private_files
from audit.verify_export import Problem, SignedCheckpoint, VerifierKey

_RESTORES = "restores"
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)/(\d{5,})-(\d{12,})\.checkpoint", re.ASCII)


class UnusableFolder(Exception):
    """The folder cannot be used as it is; the message says what to do."""


class File(NamedTuple):
    """One checkpoint with its file's name, and the reason if it does not hold."""

    name: str
    checkpoint: SignedCheckpoint | None
    problem: str = ""


class Signed(NamedTuple):
    """A checkpoint with the signed note that states it."""

    note: str
    checkpoint: SignedCheckpoint


class Folder:
    """Reads and writes the folder at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make_key(self, *, origin: str, replace: bool) -> CheckpointKey:
        """Make the signing key; older public keys stay valid for older checkpoints.

        Raises UnusableFolder, and UnusableFile for root in a folder of another user.
        """
        if not re.fullmatch(r"[\w.:/-]+", origin, re.ASCII):
            raise UnusableFolder(f"{origin!r} is no origin: write a host name and a path, without https://.")
        private_files.make_folder(self.path, mode=0o755)
        if self._private.exists() and not replace:
            raise UnusableFolder(f"{self._private} exists. With --replace a new key takes its place.")
        key = CheckpointKey.generate(name=origin)
        public = self._public.read_text("ascii") if self._public.exists() else ""
        # The public key first: what a key signs must never lack the line that verifies it.
        private_files.write(path=self._public, text=key.verifier_key() + public, mode=0o644)
        private_files.write(path=self._private, text=key.text(), mode=0o600)
        return key

    def is_used(self) -> bool:
        """Say whether anything was ever written here; a folder that an installer prepared is empty."""
        return self.path.exists() and any(self.path.iterdir())

    def has_key(self) -> bool:
        """Say whether a signing key was made here."""
        return self._private.exists()

    def signing_key(self) -> CheckpointKey:
        """Return the key.

        Raises UnusableFolder where others can read it or write the folder, or either is another user's.
        """
        folder = self.path.stat()
        if folder.st_mode & 0o022 or folder.st_uid != os.geteuid():
            raise UnusableFolder(
                f"{self.path} must belong to the user who signs, and be writable for the user who signs alone."
            )
        status = self._private.stat()
        if status.st_mode & 0o077 or status.st_uid != os.geteuid():
            raise UnusableFolder(f"{self._private} must have mode 0600 and belong to the user who signs.")
        try:
            return CheckpointKey.parse(self._private.read_text("ascii"))
        except ValueError as error:
            raise UnusableFolder(f"{self._private} is no signing key.") from error

    def verifier_keys(self) -> list[VerifierKey]:
        """Return the public keys, the newest first. Raises UnusableFolder, also where others can exchange them."""
        self._require_owner(self.path)
        self._require_owner(self._public)
        return public_keys(self._public)

    def _require_owner(self, path: Path) -> None:
        if problem := self._problem(path):
            raise UnusableFolder(problem)

    def _problem(self, path: Path) -> str:
        """Say why another user than the folder's could have written what lies there; empty if none could."""
        try:
            status, owner = path.lstat(), self.path.stat().st_uid
        except OSError as error:
            return f"{path} cannot be read: {error}"
        if stat.S_ISLNK(status.st_mode) or status.st_mode & 0o022 or status.st_uid not in {owner, 0}:
            return (
                f"{path} must belong to the user who signs, be writable for that user alone, and be no link."
            )
        return ""

    @contextlib.contextmanager
    def locked(self) -> Iterator[bool]:
        """Yield whether this process is the one that signs now. Another one on this machine gets False."""
        with (self.path / "lock").open("a", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def latest(self) -> Signed | None:
        """Return the newest checkpoint; None before the first. Raises UnusableFolder for a file that was changed."""
        path = self.path / "latest"
        if not path.exists():
            if any(self.names()):
                raise UnusableFolder(f"{path} is missing. Copy the newest checkpoint there.")
            return None
        try:
            return self.open(path)
        except (OSError, ValueError) as error:
            raise UnusableFolder(f"{path} is not a checkpoint of this log: {error}") from error

    def open(self, path: Path) -> Signed:
        """Return a checkpoint from any file. Raises OSError, and ValueError unless a key of this folder signed it."""
        text = path.read_bytes().decode()
        return Signed(text, note.open_note(text, keys=self.verifier_keys()))

    def add(self, text: str, checkpoint: SignedCheckpoint) -> Path:
        """Store a signed checkpoint as a file of its own and as `latest`."""
        day = self.path / checkpoint.at[:10]
        day.mkdir(mode=0o755, exist_ok=True)
        path = day / f"{checkpoint.incarnation:05}-{checkpoint.size:012}.checkpoint"
        for file in (path, self.path / "latest"):
            private_files.write(path=file, text=text, mode=0o644)
        return path

    def restores(self) -> dict[int, int]:
        """Return the incarnation of each confirmed restore with the number of leaves it kept. Raises UnusableFolder."""
        path = self.path / _RESTORES
        if not path.exists():
            return {}
        self._require_owner(path)
        try:
            rows = [line.split() for line in path.read_text("ascii").splitlines()]
            return {int(incarnation): int(kept) for incarnation, kept in rows}
        except (OSError, ValueError) as error:
            raise UnusableFolder(f"{path} cannot be read: {error}") from error

    def add_restore(self, *, incarnation: int, kept: int) -> None:
        """Record a confirmed restore. Raises UnusableFolder."""
        restores = self.restores() | {incarnation: kept}
        text = "".join(f"{number} {size}\n" for number, size in sorted(restores.items()))
        private_files.write(path=self.path / _RESTORES, text=text, mode=0o644)

    def names(self) -> Iterator[str]:
        """Yield the names of all checkpoint files, the oldest day first."""
        for day in sorted(self.path.glob("????-??-??")):
            for path in sorted(day.glob("*.checkpoint")):
                name = f"{day.name}/{path.name}"
                if _NAME.fullmatch(name):
                    yield name

    def files(self, *, keys: list[VerifierKey] | None = None) -> Iterator[File]:
        """Yield every checkpoint and `latest`, verified by `keys` or the folder's own public keys.

        Raises UnusableFolder.
        """
        self._require_owner(self.path)
        keys = self.verifier_keys() if keys is None else keys
        latest = ["latest"] if (self.path / "latest").exists() else []
        for name in [*self.names(), *latest]:
            yield self._read(name, keys)

    def _read(self, name: str, keys: list[VerifierKey]) -> File:
        path = self.path / name
        if problem := self._problem(path.parent) or self._problem(path):
            return File(name, None, problem)
        try:
            checkpoint = note.open_note(path.read_bytes().decode(), keys=keys)
        except (Problem, OSError, UnicodeDecodeError) as error:
            return File(name, None, str(error))
        match = _NAME.fullmatch(name)
        stated = (checkpoint.at[:10], checkpoint.incarnation, checkpoint.size)
        if match and (match[1], int(match[2]), int(match[3])) != stated:
            return File(name, None, "The file has the name of another checkpoint.")
        return File(name, checkpoint)

    @property
    def _private(self) -> Path:
        return self.path / "signing-key"

    @property
    def _public(self) -> Path:
        return self.path / "verifier-keys"


def public_keys(path: Path) -> list[VerifierKey]:
    """Read public keys from a file with one in each line, the newest first. Raises UnusableFolder."""
    try:
        return [VerifierKey.parse(line) for line in path.read_text("ascii").splitlines() if line]
    except (OSError, ValueError) as error:
        raise UnusableFolder(f"{path} cannot be read: {error}") from error


def configured() -> Folder:
    """Return the folder of this installation."""
    return Folder(Path(settings.CHECKPOINTS_FOLDER))
