"""(d) The bench measures from a fresh clone to the first page, and the resident memory of the whole demo."""

import http.client
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from bench import database
from bench.setup import free_port

LIMIT_SECONDS = 900


def run() -> None:
    """Clone this checkout's last commit, `make demo` there twice, and measure both starts."""
    folder = Path(tempfile.mkdtemp(prefix="keyholder-fresh-"))
    try:
        subprocess.run(
            [_program("git"), "clone", "--quiet", str(database.ROOT), str(folder / "clone")], check=True
        )
        first_start = _demo(folder / "clone", "fresh.first_start")
        second_start = _demo(folder / "clone", "fresh.second_start")
        database.emit(
            "fresh", first_page_s=first_start, second_start_s=second_start, aim_first_s=120, aim_second_s=10
        )
    finally:
        subprocess.run(
            [_program("make"), "demo-reset"], cwd=folder / "clone", env=_environment({}), check=False
        )
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        message = f"{name} is missing"
        raise RuntimeError(message)
    return program


def _environment(ports: dict[str, str]) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    return {**inherited, **pip, **ports}


def _demo(clone: Path, figure: str) -> float:
    """Seconds until the portal's first page; memory is read once everything runs."""
    names = ("PORTAL_PORT", "ORDERING_PORT", "CRM_PORT", "MAIL_PORT", "SMTP_PORT")
    ports = {name: str(free_port()) for name in names}
    began = time.monotonic()
    process = subprocess.Popen(
        [_program("make"), "demo"],
        cwd=clone,
        env=_environment(ports),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _page(int(ports["PORTAL_PORT"])):
            if process.poll() is not None or time.monotonic() - began > LIMIT_SECONDS:
                raise RuntimeError("the demo did not start")
            time.sleep(0.1)
        seconds = round(time.monotonic() - began, 1)
        time.sleep(20)  # the sample people are provisioned meanwhile
        database.emit(f"{figure}.memory", **_memory(clone, process.pid))
        return seconds
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def _page(port: int) -> bool:
    connection = http.client.HTTPConnection("localhost", port, timeout=5)
    try:
        connection.request("GET", "/account/login/")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _memory(clone: Path, parent: int) -> dict[str, float]:
    """Return MiB by part: the descendants of `make demo`, and PostgreSQL's processes, which run as another user."""
    sizes: dict[str, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (name := _part(entry, clone, parent)):
            sizes[name] = sizes.get(name, 0) + database.resident_kib(int(entry.name)) / 1024
    parts = {name: round(mib, 1) for name, mib in sorted(sizes.items())}
    return {**parts, "whole_MiB": round(sum(sizes.values()), 1)}


def _part(entry: Path, clone: Path, parent: int) -> str:
    try:
        words = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        group = os.getsid(int(entry.name))
    except (OSError, ValueError):
        return ""
    if words.startswith("postgres") or "/bin/postgres" in words:
        return "postgresql" if _cwd(entry).startswith(str(clone)) else ""
    if not _cwd(entry).startswith(str(clone)):
        return ""
    for name in ("portal.front", "deliver", "celery", "demo.ordering", "demo.crm", "demo.mail"):
        if name in words:
            return name
    return "runner" if group == parent else ""


def _cwd(entry: Path) -> str:
    try:
        return str((entry / "cwd").readlink())
    except OSError:
        return ""
