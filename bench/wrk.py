"""wrk loads a server with one operation over eight connections; any answer that is not a success fails the bench."""

import json
import pathlib
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench import web

if TYPE_CHECKING:
    from bench.oidc_servers import Server

CONNECTIONS = 8
_DONE = """
function done(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format('@@{"count":%d,"us":%d,"failed":%d,"p99":%.3f}\\n', summary.requests, summary.duration,
    failed.status + failed.connect + failed.read + failed.write + failed.timeout, latency:percentile(99) / 1000))
end
"""
_CHAIN = """
local number = 0
function setup(thread) thread:set("id", number); number = number + 1 end
local seeds, token = SEEDS, nil
function request()
  token = token or seeds[id + 1]
  return wrk.format("POST", nil, nil, wrk.body .. token)
end
function response(status, headers, body)
  token = body:match('"refresh_token": *"([^"]+)"') or token
end
"""
"""Each connection follows the rotation of a refresh token of its own."""
_QUIET, _LONGEST_WAIT = 20.0, 10.0
"""A server is quiet below so many milliseconds of processor time in a seventh of a second."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Describes a request; one whose `body` ends with `refresh_token=` takes a fresh token for each connection."""

    path: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def is_chain(self) -> bool:
        """Return whether each answer's refresh token is sent next."""
        return self.body.endswith("refresh_token=")


@dataclass(frozen=True, slots=True)
class Load:
    """Holds the figures of one load."""

    rate: float
    milliseconds: float
    """Processor time of server and database for each request."""
    p99: float


def load(server: "Server", name: str, *, seconds: int) -> Load:
    """Send requests for so many seconds. Raises RuntimeError where one failed."""
    operation = server.operations[name]
    _await_quiet(server)
    before = _processor(server)
    command = ["wrk", "-t", str(CONNECTIONS if operation.is_chain else 1), "-c", str(CONNECTIONS)]
    command += ["-d", f"{seconds}s", "--timeout", "30s", "-s"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        pathlib.Path(script.name).write_text(_script(server, operation), encoding="utf-8")
        address = f"http://127.0.0.1:{server.port}{operation.path}"
        done = subprocess.run([*command, script.name, address], capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("@@"))
    found = json.loads(line[2:])
    if found["failed"] or not found["count"]:
        message = f"{server.name} {name}: {done.stdout}"
        raise RuntimeError(message)
    spent = _processor(server) - before
    return Load(found["count"] * 1e6 / found["us"], spent / found["count"], found["p99"])


def _script(server: "Server", operation: Operation) -> str:
    lines = [f"wrk.method = {json.dumps('POST' if operation.body else 'GET')}"]
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in operation.headers]
    lines += [f"wrk.body = {json.dumps(operation.body)}"] if operation.body else []
    if operation.is_chain:
        tokens = [server.refresh_tokens.pop() for _ in range(CONNECTIONS)]
        lines.append(_CHAIN.replace("SEEDS", "{" + ", ".join(json.dumps(token) for token in tokens) + "}"))
    return "\n".join(lines) + _DONE


def _processor(server: "Server") -> float:
    return sum(web.processor_milliseconds(pid) for pid in server.processes)


def _await_quiet(server: "Server") -> None:
    """Wait until an earlier load is finished, also in the server's queue."""
    until = time.monotonic() + _LONGEST_WAIT
    while time.monotonic() < until:
        before = _processor(server)
        time.sleep(1 / 7)
        if _processor(server) - before < _QUIET:
            return
