"""The sample services as the processes they are."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import requests

from tests.demo import fake_op

ROOT = pathlib.Path(__file__).parents[2]
TOKEN = "the-scim-token"
STARTS_SECONDS = 30
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
ONCE = re.compile(r'name="once" value="([^"]+)"')


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Process:
    def __init__(self, module: str, *, port: int, environment: dict[str, str]) -> None:
        self.module = module
        self.port = port
        self.url = f"http://localhost:{port}"
        self._environment = {**os.environ, "SERVICE_PORT": str(port), **environment}
        self.start()

    def start(self) -> None:
        self._running = subprocess.Popen(
            [sys.executable, "-m", self.module],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + STARTS_SECONDS
        while not answers(self.port):
            assert self._running.poll() is None, f"{self.module} ended at once"
            assert time.monotonic() < until, f"{self.module} does not start"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._running.send_signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        self._running.terminate()
        return self._ended()

    def _ended(self) -> int:
        self._running.communicate(timeout=STARTS_SECONDS)
        return self._running.returncode


class Service(Process):
    def __init__(self, key: str, store: pathlib.Path, issuer: str) -> None:
        self.key = key
        self.store = store
        environment = {
            "SERVICE_STORE": str(store),
            "OIDC_ISSUER": issuer,
            "OIDC_CLIENT_ID": key,
            "OIDC_CLIENT_SECRET": fake_op.CLIENT_SECRET,
            "SCIM_TOKEN": TOKEN,
            "PORTAL_NAME": "Kivisalo Keys",
        }
        super().__init__(f"demo.{key}", port=free_port(), environment=environment)

    def scim(self, method: str, path: str, body: Any = None, token: str = TOKEN) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
        content = None if body is None else json.dumps(body)
        address = f"{self.url}/scim/v2{path}"
        return requests.request(method, address, data=content, headers=headers, timeout=10)

    def control(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        address = f"{self.url}/_demo{path}"
        answer: dict[str, Any] = requests.request(
            method, address, json=body, headers=headers, timeout=10
        ).json()
        return answer

    def log_out(self, token: str) -> requests.Response:
        address = f"{self.url}/backchannel-logout"
        return requests.post(address, data={"logout_token": token}, timeout=10)

    def journal(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.store / f"{name}.jsonl").read_text().splitlines()]


class Seat:
    """A browser without a window."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.http = requests.Session()

    def get(self, path: str, **how: Any) -> requests.Response:
        return self.http.get(self.service.url + path, timeout=10, **how)

    def send(self, path: str, **fields: str) -> requests.Response:
        """Open a form, fill it in and send it."""
        page = self.get(path).text
        hidden = {"csrf": found(CSRF, page), "once": found(ONCE, page)}
        return self.http.post(self.service.url + path, data={**hidden, **fields}, timeout=10)

    def sign_in(self, op: fake_op.FakeOp, claims: dict[str, Any]) -> requests.Response:
        op.person = claims
        return self.get("/login")

    @property
    def signed_in(self) -> bool:
        return self.get("/session").json()["signed_in"] is True


def found(pattern: re.Pattern[str], page: str) -> str:
    hit = pattern.search(page)
    return hit.group(1) if hit else ""


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def running(process: Process) -> Iterator[Process]:
    try:
        yield process
    finally:
        process.stop()
