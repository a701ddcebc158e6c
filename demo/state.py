"""The demo checks what is already done, and what already answers."""

import fcntl
import hashlib
import http.client
import pathlib
from typing import IO

from demo.ports_and_paths import ROOT

_DEPENDS = {
    "seeded": ("*/migrations/*.py",),
    "static": ("portal/static/**/*", "portal/http/static_files.py", "demo/brand/*"),
}


def fingerprint(step: str) -> str:
    """Return a hash that changes when the files that a step depends on change."""
    files = sorted(file for pattern in _DEPENDS[step] for file in ROOT.glob(pattern) if file.is_file())
    lines = [f"{file.relative_to(ROOT)}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def alone(home: pathlib.Path) -> IO[str] | None:
    """Hold this demo for this process until the file is closed; None where another holds it."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "demo.lock").open("w", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def answers(port: int, path: str) -> bool:
    """Check that something on this port answers, and not with an error of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
