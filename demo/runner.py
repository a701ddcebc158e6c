"""The runner starts the whole demo as processes, in order and with their environments. Tests use it too."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO

from demo import environments, jobs, state
from demo.ports_and_paths import ROOT, SERVICES, Places
from portal import embedded_postgres

READY_SECONDS = 60
END_SECONDS = 15


class DemoError(Exception):
    """A part did not start, or ended by itself; the message names it and its log."""


class Demo:
    """Starts and stops the parts of a demo. `say` hears one line per step."""

    def __init__(self, where: Places, *, say: Callable[[str], None] = lambda _line: None) -> None:
        self.where = where
        self.say = say
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.overrides: dict[str, str] = {}
        self._drift_process: subprocess.Popen[bytes] | None = None
        self.database: embedded_postgres.Server | None = None
        self._alone: IO[str] | None = None

    def prepare(self) -> None:
        """Prepare all that the first process needs: database, keys, tables, static files and sample data."""
        self._alone = state.alone(self.where.home)
        if self._alone is None:
            raise DemoError(f"This demo is already running (in {self.where.home}).")
        if not self.where.people.exists():
            self.forget()  # a first start that was interrupted begins again
        self.where.secrets()
        self.say("PostgreSQL")
        self.database = embedded_postgres.start(self.where.home / "pg")
        self._once("keys, tables and sample data", "seeded", self._fill)
        self._once(
            "static files", "static", lambda: self.manage("collectstatic", "--noinput", "--verbosity=0")
        )

    def _once(self, what: str, name: str, do: Callable[[], object]) -> None:
        """Do it unless it was done for just this state of the code."""
        stamp, now = self.where.folder / f"{name}.stamp", state.fingerprint(name)
        if stamp.exists() and stamp.read_text(encoding="ascii") == now:
            return
        self.say(what)
        do()
        stamp.write_text(now, encoding="ascii")

    def _fill(self) -> None:
        self.manage("migrate", "--database=owner", "--verbosity=0", "--noinput")
        self.manage("keys", "make")
        if not (self.where.home / "checkpoints").exists():
            self.manage("checkpoints", "make-key")
        jobs.prepare(self._server, self.where.secrets()["jobs"])
        if not self.where.people.exists():
            self._python("-m", "demo.seed")

    def start(self, *names: str) -> None:
        """Start these parts, or all, and wait until each answers."""
        for name in names or PARTS:
            self.say(name)
            self._start(name)
        for name in names or PARTS:
            self._wait(name)
        if not names:
            self._start_drift_example()

    def _start_drift_example(self) -> None:
        """Starts the program that puts one CRM record out of date, once per demo."""
        if (self.where.folder / "drift.stamp").exists():
            return
        with self.log("drift_example").open("ab") as log:
            self._drift_process = subprocess.Popen(
                [sys.executable, "-m", "demo.drift_example"],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
            )

    def stop(self, *names: str) -> None:
        """Stop these parts, or all, in the opposite order."""
        chosen = [name for name in reversed(PARTS) if name in (names or PARTS) and name in self.running]
        for name in chosen:
            self._signal(name, signal.SIGTERM)
        for name in chosen:
            self._end(name)

    def kill(self, name: str) -> None:
        """End a part as a power cut would."""
        self._signal(name, signal.SIGKILL)
        self._end(name)

    def close(self) -> None:
        """Stop everything, the database last."""
        if self._drift_process is not None:
            self._drift_process.terminate()
            self._drift_process.wait(END_SECONDS)
        self.stop()
        if self.database is not None:
            self.database.stop()
        if self._alone is not None:
            self._alone.close()

    def forget(self) -> None:
        """Remove all data of this demo."""
        embedded_postgres.reset(self.where.home / "pg")
        for name in ("checkpoints", "demo", "keys", "static"):
            shutil.rmtree(self.where.home / name, ignore_errors=True)

    def check(self) -> None:
        """Raise DemoError where a part has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise DemoError(
                    f"{name} has stopped. See the end of its log, {self.log(name)}:\n{self._tail(name)}"
                )

    def log(self, name: str) -> pathlib.Path:
        """Return the log file of a part."""
        return self.where.home / "log" / f"{name}.log"

    def manage(self, *words: str) -> str:
        """Run a command of manage.py in the demo's environment, and return what it prints."""
        return self._python("manage.py", *words)

    def _python(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.environment(owner=True),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise DemoError(f"{' '.join(words)} failed:\n{done.stderr.decode(errors='replace')[-3000:]}")
        return done.stdout.decode()

    def environment(self, *, owner: bool = False) -> dict[str, str]:
        """Return the variables that every part of the portal reads."""
        return environments.portal(self.where, self._server, owner=owner) | self.overrides

    @property
    def _server(self) -> embedded_postgres.Server:
        if self.database is None:
            raise DemoError("The demo is not prepared.")
        return self.database

    def _start(self, name: str) -> None:
        if name in self.running:
            return
        command, environment = self._part(name)
        self.log(name).parent.mkdir(parents=True, exist_ok=True)
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def _part(self, name: str) -> tuple[list[str], dict[str, str]]:
        if name in SERVICES:
            return [sys.executable, "-m", f"demo.{name}"], environments.service(self.where, name)
        if name == "mail":
            return [sys.executable, "-m", "demo.mail"], environments.mail(self.where)
        if name == "staff_login":
            return [sys.executable, "-m", "demo.staff_login"], environments.staff_login(self.where)
        port = str(self.where.ports["PORTAL_PORT"])
        words = {
            "portal": f"-m portal.front --port {port}",
            "deliver": "manage.py deliver",
            "worker": "-m celery -A portal.celery worker -B --concurrency 1 --loglevel WARNING",
        }[name].split()
        return [sys.executable, *words], self.environment()

    def _wait(self, name: str) -> None:
        probe = _PROBES.get(name)
        until = time.monotonic() + READY_SECONDS
        while probe is not None and not state.answers(self.where.ports[probe[0]], probe[1]):
            self.check()
            if time.monotonic() > until:
                raise DemoError(f"{name} does not answer after {READY_SECONDS} s; see {self.log(name)}.")
            time.sleep(0.05)

    def _signal(self, name: str, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running[name].pid, number)

    def _end(self, name: str) -> None:
        process = self.running.pop(name)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(END_SECONDS)

    def _tail(self, name: str) -> str:
        lines = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-12:])


PARTS = ("mail", "ordering", "crm", "staff_login", "portal", "deliver", "worker")
_PROBES = {
    "mail": ("MAIL_PORT", "/"),
    "ordering": ("ORDERING_PORT", "/"),
    "crm": ("CRM_PORT", "/"),
    "staff_login": ("STAFF_PORT", "/"),
    "portal": ("PORTAL_PORT", "/health/live"),
}
