"""A machine in a folder: the paths, ports and services of the page, without a change to the system's own."""

import contextlib
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.smoke import documented

HOST = "id.example.com"
_STUB = '#!/bin/sh\necho "$@" >> {record}\n'
_NGINX = '#!/bin/sh\nexec /usr/sbin/nginx -e {log} -c {configuration} "$@"\n'
_MAIN = """
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/nginx-bodies;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    include {folder}/etc/nginx/sites-enabled/*;
}}
"""


@dataclass
class Service:
    """A unit of systemd that this test starts in its place."""

    name: str
    user: str
    start: list[str]
    folder: str
    variables: Mapping[str, str]
    log: Path
    ends_alone: bool = False
    """Whether only the first process gets SIGTERM (KillMode=mixed)."""
    process: "subprocess.Popen[bytes] | None" = None

    def run(self) -> None:
        """Start it as the unit's user, in a process group of its own."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.start,
                cwd=self.folder,
                env={**self.variables, "PATH": "/usr/bin:/bin"},
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=[],
            )

    def end(self, number: signal.Signals) -> None:
        """Send the signal to the processes of the unit, as systemd does, and wait for the first."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if self.ends_alone and number is signal.SIGTERM:
                self.process.send_signal(number)
            else:
                os.killpg(self.process.pid, number)
        self.process.wait(60)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


@dataclass
class Machine:
    """Runs the page's blocks. `folder` takes the place of `/`."""

    folder: Path
    replaced: dict[str, str] = field(default_factory=dict)
    """Further texts of the page and of its files, and what stands in their place."""
    services: dict[str, Service] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o755)
        self.replaced |= {
            path: str(self.folder / path.lstrip("/"))
            for path in (
                "/opt/keyholder", "/etc/keyholder", "/var/lib/keyholder",
                "/etc/nginx", "/etc/systemd", "/var/log/nginx",
            )
        }  # fmt: skip
        for name in ("opt", "etc/systemd/system", "etc/nginx/sites-available", "etc/nginx/sites-enabled"):
            (self.folder / name).mkdir(parents=True)
        for name in ("var/lib", "var/log/nginx", "bin"):
            (self.folder / name).mkdir(parents=True)
        self._stubs()

    def check_out(self) -> None:
        """Copy the tracked files, as they are now, and put this machine's paths into the files of `deploy/`."""
        target = self.folder / "opt" / "keyholder"
        names = subprocess.run(
            ["/usr/bin/env", "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=documented.ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        for name in filter(None, names.split("\0")):
            source = documented.ROOT / name
            if source.is_file() and not source.is_symlink():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / name)
        for path in (target / "deploy").iterdir():
            path.write_text(self.here(path.read_text(encoding="utf-8")), encoding="utf-8")

    def here(self, text: str) -> str:
        """Put this machine's paths, ports and values into a text of the page."""
        pattern = "|".join(re.escape(old) for old in sorted(self.replaced, key=len, reverse=True))
        return re.sub(pattern, lambda found: self.replaced[found.group()], text)

    def run(self, block: str) -> str:
        """Run one block of the page. Returns its output; fails with it."""
        return self.shell(self.here(documented.blocks()[block]), name=block)

    def manage(self, *words: str, script: str = "") -> str:
        """Run `deploy/manage` beyond the page's blocks."""
        return self.shell(
            shlex.join([str(self.folder / "opt/keyholder/deploy/manage"), *words]),
            name=words[0],
            script=script,
        )

    @property
    def environment(self) -> dict[str, str]:
        """That of root's shell, and nothing of the tests' own."""
        return {
            "PATH": f"{self.folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
        }

    def shell(self, commands: str, *, name: str, script: str = "") -> str:
        """Run commands as the page says: a failing one ends the test."""
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", commands],
            env=self.environment,
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{name}: {done.stdout[-3000:]}\n{done.stderr[-5000:]}"
        return done.stdout

    def start_services(self) -> None:
        """Start what the page has enabled."""
        calls = (self.folder / "systemctl").read_text(encoding="utf-8").splitlines()
        (enabled,) = [call.split()[2:] for call in calls if call.startswith("enable --now ")]
        for name in enabled:
            self.services[name] = self._service(name)
            self.services[name].run()

    @contextlib.contextmanager
    def nginx(self) -> Iterator[None]:
        """Run nginx with the page's file."""
        command = [str(self.folder / "bin" / "nginx"), "-g", "daemon off;"]
        with (self.folder / "nginx-output").open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)

    def close(self) -> None:
        """End all services."""
        for service in self.services.values():
            service.end(signal.SIGTERM)

    def _variables(self, files: list[str]) -> dict[str, str]:
        """Read the environment files of a unit, the later ones over the earlier."""
        sourced = "".join(f". {shlex.quote(file)}; " for file in files)
        text = self.shell(f"set -a; {sourced} env -0", name="environment")
        return dict(line.split("=", 1) for line in text.split("\0") if "=" in line)

    def _service(self, name: str) -> Service:
        template, _, instance = name.partition("@")
        suffix = "@" if instance else ""
        lines = (self.folder / "etc/systemd/system" / f"{template}{suffix}.service").read_text(
            encoding="utf-8"
        )
        pairs = [
            line.split("=", 1) for line in lines.splitlines() if "=" in line and not line.startswith("#")
        ]
        unit = dict(pairs)
        return Service(
            name,
            unit["User"],
            shlex.split(unit["ExecStart"].replace("%i", instance)),
            unit["WorkingDirectory"],
            self._variables([value for key, value in pairs if key == "EnvironmentFile"]),
            self.folder / f"{name}.log",
            unit.get("KillMode") == "mixed",
        )

    def _stubs(self) -> None:
        """Replace what would change the system's own services."""
        configuration = self.folder / "nginx.conf"
        configuration.write_text(_MAIN.format(folder=self.folder), encoding="utf-8")
        stubs = {
            "systemctl": _STUB.format(record=self.folder / "systemctl"),
            "nginx": _NGINX.format(log=self.folder / "nginx-start.log", configuration=configuration),
        }
        for name, text in stubs.items():
            path = self.folder / "bin" / name
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755)


def wait_until(condition: Callable[[], object], *, within: float, what: str) -> None:
    """Wait until the condition holds. Fails with its last value."""
    until = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < until, f"{what}: {value}"
        time.sleep(0.1)


def missing() -> list[str]:
    """List what this machine lacks for the test."""
    programs = ["/usr/sbin/nginx", "/usr/lib/postgresql/15/bin/initdb"]
    lacking = [program for program in programs if not Path(program).exists()]
    if os.geteuid() != 0:
        lacking.append("root")
    with contextlib.suppress(KeyError):
        pwd.getpwnam("postgres")
        return lacking
    return [*lacking, "the user postgres"]
