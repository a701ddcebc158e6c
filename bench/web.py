"""Requests per second and processor time of the front beside granian's own WSGI server, in alternating rounds."""

import contextlib
import os
import pathlib
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from bench import database
from bench.setup import free_port

ROUNDS, SECONDS, CONNECTIONS = 7, 1.0, 8
FORM = "Content-Type: application/x-www-form-urlencoded"
SERVERS = {
    "granian_wsgi": "-m granian --interface wsgi --workers 2 --blocking-threads 4 --no-ws --log-level warning"
    " --host 127.0.0.1 --port {port} portal.wsgi:application",
    "front": "-m portal.front --port {port}",
}


def _request(method: str, path: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [FORM, f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


REQUESTS = {
    "liveness": _request("GET", "/health/live"),
    "keys": _request("GET", "/oauth/jwks.json"),
    "sign_in_page": _request("GET", "/account/login/"),
    "token_refused": _request("POST", "/oauth/token", b"grant_type=refresh_token&refresh_token=x"),
    "token_60_kB": _request(
        "POST", "/oauth/token", b"grant_type=refresh_token&refresh_token=" + b"x" * 60_000
    ),
    "too_large_100_kB": _request("POST", "/oauth/token", b"refresh_token=" + b"x" * 100_000),
}


@dataclass(frozen=True)
class Round:
    """Holds one server's figures of one round."""

    rate: float
    milliseconds: float
    """Processor time of the server for each request."""


def run() -> None:
    """Print the medians, and the front's ratio to granian alone, for each request."""
    with database.installation(), _servers() as ports:
        rounds: dict[tuple[str, str], list[Round]] = defaultdict(list)
        for number in range(ROUNDS + 1):  # the first one warms up
            for request, data in REQUESTS.items():
                for server in sorted(ports, reverse=number % 2 == 1):
                    measured = _round(*ports[server], data)
                    if number:
                        rounds[request, server].append(measured)
    for request in REQUESTS:
        _emit(request, {server: rounds[request, server] for server in SERVERS})


def _emit(request: str, rounds: dict[str, list[Round]]) -> None:
    values: dict[str, float] = {}
    for server, measured in rounds.items():
        values[f"{server}_per_s"] = round(statistics.median(one.rate for one in measured))
        values[f"{server}_cpu_ms"] = round(statistics.median(one.milliseconds for one in measured), 3)
    ratios = [new.rate / old.rate for old, new in zip(*rounds.values(), strict=True)]
    database.emit(f"web.{request}", **values, ratio=round(statistics.median(ratios), 2))


@contextlib.contextmanager
def _servers() -> Iterator[dict[str, tuple[int, int]]]:
    """Give each server's port and process id."""
    environment = {**os.environ, "KEYHOLDER_LOG_LEVEL": "ERROR"}
    running = {}
    for name, command in SERVERS.items():
        port = free_port()
        words = [sys.executable, *command.format(port=port).split()]
        running[name] = (port, subprocess.Popen(words, cwd=database.ROOT, env=environment))
    try:
        for port, process in running.values():
            _wait(port, process)
        yield {name: (port, process.pid) for name, (port, process) in running.items()}
    finally:
        for _port, process in running.values():
            process.terminate()
        for _port, process in running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.1)
    raise RuntimeError("a server has ended")


def _round(port: int, pid: int, request: bytes) -> Round:
    before, started, count = processor_milliseconds(pid), time.perf_counter(), 0
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            _send(selector, port, request)
        while time.perf_counter() - started < SECONDS:
            for key, _events in selector.select(1):
                count += _receive(selector, key, port, request)
        seconds = time.perf_counter() - started
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return Round(count / seconds, (processor_milliseconds(pid) - before) / max(count, 1))


def _send(selector: selectors.BaseSelector, port: int, request: bytes) -> None:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(connection, selectors.EVENT_READ, bytearray())
    with contextlib.suppress(ConnectionError):
        connection.sendall(request)


def _receive(selector: selectors.BaseSelector, key: selectors.SelectorKey, port: int, request: bytes) -> int:
    """Return 1 at the end of a response, and send the next request; a closed connection is replaced."""
    connection, received = key.fileobj, key.data
    part = b""
    with contextlib.suppress(ConnectionError):
        part = connection.recv(262_144)  # type: ignore[union-attr]
    received += part
    head, separator, body = bytes(received).partition(b"\r\n\r\n")
    is_whole = bool(separator) and _is_whole(head.lower(), body)
    if not part or b"connection: close" in head.lower():
        selector.unregister(connection)
        connection.close()  # type: ignore[union-attr]
        _send(selector, port, request)
    elif is_whole:
        received.clear()
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)  # type: ignore[union-attr]
    return int(is_whole)


def _is_whole(head: bytes, body: bytes) -> bool:
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return len(body) >= int(length) if length else body.endswith(b"0\r\n\r\n")


def processor_milliseconds(pid: int) -> float:
    """Return the processor time of a process and its children; of one that has ended, none."""
    tree = pathlib.Path(f"/proc/{pid}")
    try:
        fields = (tree / "stat").read_text().rpartition(")")[2].split()
        children = (tree / "task" / str(pid) / "children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    own = (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_milliseconds(int(child)) for child in children)
