"""Web processes of one server share their counters through files, one for each process, in a folder of that server.

A file is only ever a copy of what its process counts in memory: nothing is lost with it but the copy, and the next one
follows within seconds. Servers on several machines, or in several containers, may share the folder above.
"""

import contextlib
import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

Sample = tuple[str, dict[str, str], float]
"""Name, labels, value."""
Family = tuple[str, str, str, list[Sample]]
"""Name, type, description, samples."""

WRITE_SECONDS = 5.0
STALE_SECONDS = 3600.0
"""A server that has written nothing for so long has ended."""


def server_name() -> str:
    """Name this process's web server: its parent process, distinct among all machines and containers.

    The number of a process is unique only inside its PID namespace and its boot, and only until it is used again.
    Where the system does not show all of these, every process is a server of its own.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        namespace = Path("/proc/self/ns/pid").stat().st_ino
        started = (
            Path(f"/proc/{os.getppid()}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
        )
    except (OSError, IndexError):
        return secrets.token_hex(8)
    return sha256(f"{boot} {namespace} {os.getsid(0)} {os.getppid()} {started}".encode()).hexdigest()[:16]


@dataclass(slots=True)
class CounterFiles:
    """Writes the counters of this process, and reads those of the server's other processes."""

    folder: Path
    """The folder that servers may share."""
    read_own: Callable[[], list[Family]]
    server: str = field(default_factory=server_name)
    process: str = field(default_factory=lambda: secrets.token_hex(8))
    _problems: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Write a copy now and every few seconds, in a thread of its own."""
        self.write()
        threading.Thread(target=self._repeat, name="counter files", daemon=True).start()

    def write(self) -> None:
        """Write a copy, and remove the folders of ended servers. A failure is logged once and never raised."""
        try:
            self._replace()
            self._remove_stale()
        except OSError as error:
            self._fail("write", error)
        else:
            self._succeed("write")

    def read_others(self) -> list[Family]:
        """Read the latest copies of the server's other processes, ended ones too, so that no sum falls."""
        families: list[Family] = []
        try:
            paths = [path for path in self._own_folder.glob("*.json") if path.stem != self.process]
            for path in paths:
                families += _parsed(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError) as error:
            self._fail("read", error)
        else:
            self._succeed("read")
        return families

    @property
    def problem(self) -> str:
        """Why counters of other processes may be missing or old; empty while all copies are written and read."""
        return "; ".join(self._problems.values())

    @property
    def _own_folder(self) -> Path:
        return self.folder / self.server

    def _repeat(self) -> None:
        pause = threading.Event()
        while not pause.wait(WRITE_SECONDS):
            self.write()

    def _replace(self) -> None:
        self._own_folder.mkdir(parents=True, exist_ok=True)
        path = self._own_folder / f"{self.process}.json"
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(self.read_own()), encoding="utf-8")
        draft.replace(path)

    def _remove_stale(self) -> None:
        """Compare the times that the file system gave: the clocks of two machines may differ."""
        now = (self._own_folder / f"{self.process}.json").stat().st_mtime
        for other in self.folder.iterdir():
            if other != self._own_folder and now - _last_write(other) > STALE_SECONDS:
                shutil.rmtree(other, ignore_errors=True)

    def _fail(self, action: str, error: Exception) -> None:
        problem = f"{type(error).__name__}: {getattr(error, 'strerror', None) or 'unreadable'}"
        if problem != self._problems.get(action):
            log.warning("metrics.degraded", action=action, error=problem, folder=str(self._own_folder))
        self._problems[action] = problem

    def _succeed(self, action: str) -> None:
        if self._problems.pop(action, ""):
            log.info("metrics.recovered", action=action)


def _last_write(folder: Path) -> float:
    times = [folder.stat().st_mtime]
    with contextlib.suppress(OSError):
        times += [path.stat().st_mtime for path in folder.iterdir()]
    return max(times)


def _parsed(text: str) -> list[Family]:
    """Raises ValueError or TypeError for a file with other content."""
    return [
        (name, kind, description, [(sample, dict(labels), float(value)) for sample, labels, value in samples])
        for name, kind, description, samples in json.loads(text)
    ]
