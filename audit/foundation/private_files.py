"""Private files are read only where no other user can read or replace them, and written whole or not at all.

A replaced file keeps its mode. Root writes in folders of root alone, and gives no file away: the user of a folder can
exchange what lies in it at any time, and would get what root wrote elsewhere.
"""

import errno
import os
import secrets
import stat
from pathlib import Path

_ROOT = 0
_OTHERS = 0o077
"""The rights of the group and of all others."""


class UnusableFile(OSError):
    """A private file cannot be used; the message names the file, the problem and the remedy."""


def broken(path: Path) -> UnusableFile:
    """Return the error for a file whose content cannot be what was written."""
    return UnusableFile(f"{path} was cut off or changed. Restore it from its backup.")


def read_text(path: Path) -> str:
    """Return the text. Raises FileNotFoundError; UnusableFile where another user could read or replace the file."""
    try:
        # Without waiting: a named pipe would otherwise stop the process.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnusableFile(f"{path} is a symbolic link. Put the file itself in its place.") from error
        raise UnusableFile(f"{path} cannot be read by this user: {error.strerror}.") from error
    try:
        if problem := _problem(path, os.fstat(descriptor), path.parent.stat()):
            raise UnusableFile(problem)
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read()
    finally:
        os.close(descriptor)
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise broken(path) from error


def _problem(path: Path, file: os.stat_result, folder: os.stat_result) -> str:
    if not stat.S_ISREG(file.st_mode):
        return f"{path} is not a file."
    if file.st_mode & _OTHERS:
        return f"Other users can read or change {path}. Run `chmod 600 {path}`."
    if folder.st_mode & _OTHERS:
        return f"Other users can read or change {path.parent}. Run `chmod 700 {path.parent}`."
    user = os.geteuid()
    allowed = {user, _ROOT} if user != _ROOT else {_ROOT, folder.st_uid}
    if file.st_uid not in allowed or folder.st_uid not in allowed:
        return f"{path} or its folder belongs to another user. Give both to the user of the processes."
    return ""


def make_folder(path: Path, *, mode: int = 0o700) -> None:
    """Create a folder of this user, unless it exists. Raises UnusableFile for root in a folder of another user."""
    if not path.is_dir():
        _refuse_root_elsewhere(next(parent for parent in path.absolute().parents if parent.is_dir()))
    path.mkdir(mode=mode, parents=True, exist_ok=True)


def write_once(*, path: Path, text: str) -> None:
    """Create a 0600 file, unless it exists. Safe when several processes race."""
    draft = _draft(path, text, 0o600)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def replace(*, path: Path, text: str) -> None:
    """Replace an existing file atomically; its mode stays."""
    _swap(path, text, stat.S_IMODE(path.stat().st_mode))


def write(*, path: Path, text: str, mode: int) -> None:
    """Create or replace a file atomically; it gets this mode."""
    _swap(path, text, mode)


def _swap(path: Path, text: str, mode: int) -> None:
    draft = _draft(path, text, mode)
    try:
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _draft(path: Path, text: str, mode: int) -> Path:
    _refuse_root_elsewhere(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _refuse_root_elsewhere(folder: Path) -> None:
    """Raise UnusableFile for root where the folder, or the link that leads to it, belongs to another user."""
    if os.geteuid() == _ROOT and {folder.lstat().st_uid, folder.stat().st_uid} != {_ROOT}:
        raise UnusableFile(f"{folder} belongs to another user. Run the command as that user, not as root.")


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
