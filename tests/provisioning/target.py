"""A system on the other side: SCIM and back-channel logout, with faults on demand. Its own store and journal judge."""

import contextlib
import dataclasses
import http.server
import json
import socket
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "the-token"
Resource = dict[str, Any]
Carry = Callable[[str, Resource, dict[str, list[str]]], tuple[int, object]]


@dataclasses.dataclass
class Fault:
    """Befalls one request, or every one while it is `Behavior.always`."""

    status: int = 0
    retry_after: int | None = None
    before: float = 0
    after: float = 0
    lost_reply: bool = False
    reset: bool = False


@dataclasses.dataclass
class Behavior:
    """What this system is like."""

    patches: bool = True
    filters: bool = True
    applies: bool = True
    unique: bool = True
    drops_extension: bool = False
    next_id: str = ""
    """What new records are called; empty: each something of its own."""
    always: Fault | None = None
    next: list[Fault] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Written:
    """One write as this side saw it."""

    method: str
    id: str
    external_id: str
    active: bool
    at: float


class Server(http.server.ThreadingHTTPServer):
    """Starts with `running()`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.users: dict[str, Resource] = {}
        self.journal: list[Written] = []
        self.logouts: list[str] = []
        self.requests: list[str] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.be = Behavior()
        self.lock = threading.RLock()

    @property
    def address(self) -> str:
        """`host:port`, as the guard is told."""
        return f"127.0.0.1:{self.server_port}"

    @property
    def scim(self) -> str:
        return f"http://{self.address}/scim/v2"

    @property
    def logout_uri(self) -> str:
        return f"http://{self.address}/backchannel-logout"

    def by_external_id(self, external_id: object) -> list[Resource]:
        with self.lock:
            return [one for one in self.users.values() if one.get("externalId") == str(external_id)]

    def one(self, external_id: object) -> Resource:
        (found,) = self.by_external_id(external_id)
        return found

    def fault(self) -> Fault:
        with self.lock:
            return self.be.next.pop(0) if self.be.next else self.be.always or Fault()

    def keep(self, method: str, resource: Resource) -> None:
        with self.lock:
            self.users[resource["id"]] = resource
            self.journal.append(
                Written(
                    method,
                    resource["id"],
                    resource.get("externalId", ""),
                    resource.get("active", True),
                    time.monotonic(),
                )
            )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Broken connections are meant."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Silent."""

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.fault()
        with self.counted():
            time.sleep(fault.before)
            if fault.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.hang_up()
                return
            if fault.status:
                self.answer(fault.status, {}, fault.retry_after)
                return
            status, content = self.carry_out(body)
            time.sleep(fault.after)
            if fault.lost_reply:
                self.hang_up()
                return
            self.answer(status, content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - names of the base class

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        server = self.server
        with server.lock:
            server.requests.append(f"{self.command} {self.path}")
            server.open += 1
            server.most_open = max(server.most_open, server.open)
        try:
            yield
        finally:
            with server.lock:
                server.open -= 1

    def hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def answer(self, status: int, content: object, retry_after: int | None = None) -> None:
        body = b"" if status == 204 else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/scim+json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(body)

    def carry_out(self, body: bytes) -> tuple[int, object]:
        parts = urlsplit(self.path)
        if parts.path == "/backchannel-logout":
            with self.server.lock:
                self.server.logouts.append(parse_qs(body.decode())["logout_token"][0])
            return 200, {}
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {}
        name = unquote(parts.path.removeprefix("/scim/v2/Users").strip("/"))
        said = json.loads(body) if body else {}
        with self.server.lock:
            carry_out: Carry = getattr(self, f"scim_{self.command.lower()}")
            return carry_out(name, said, parse_qs(parts.query))

    def scim_get(self, name: str, _said: Resource, query: dict[str, list[str]]) -> tuple[int, object]:
        users = self.server.users
        if name:
            return (200, users[name]) if name in users else (404, {})
        found = list(users.values())
        if "filter" in query and self.server.be.filters:
            attribute, _, literal = query["filter"][0].split(" ", 2)
            found = [one for one in found if one.get(attribute) == json.loads(literal)]
        start = int(query.get("startIndex", ["1"])[0])
        page = found[start - 1 :][: int(query.get("count", ["100"])[0])]
        return 200, {"totalResults": len(found), "startIndex": start, "Resources": page}

    def scim_post(self, _name: str, said: Resource, _query: object) -> tuple[int, object]:
        taken = [one for one in self.server.users.values() if _same_person(one, said)]
        if taken and self.server.be.unique:
            return 409, {}
        made = self.kept(said, self.server.be.next_id or str(uuid.uuid4()))
        self.server.keep("POST", made)
        return 201, made

    def scim_put(self, name: str, said: Resource, _query: object) -> tuple[int, object]:
        if name not in self.server.users:
            return 404, {}
        if self.server.be.applies:
            self.server.keep("PUT", self.kept(said, name))
        return 200, self.server.users[name]

    def scim_patch(self, name: str, said: Resource, _query: object) -> tuple[int, object]:
        if not self.server.be.patches:
            return 501, {}
        if name not in self.server.users:
            return 404, {}
        changed = json.loads(json.dumps(self.server.users[name]))
        for operation in said["Operations"]:
            _apply(changed, operation)
        if self.server.be.applies:
            self.server.keep("PATCH", self.kept(changed, name))
        return 200, changed

    def scim_delete(self, name: str, _said: Resource, _query: object) -> tuple[int, object]:
        gone = self.server.users.pop(name, None)
        return (404, {}) if gone is None else (204, {})

    def kept(self, said: Resource, name: str) -> Resource:
        dropped = self.server.be.drops_extension
        return {key: value for key, value in said.items() if not (dropped and key.startswith("urn:"))} | {
            "id": name
        }


def _same_person(one: Resource, other: Resource) -> bool:
    return any(one.get(key) and one.get(key) == other.get(key) for key in ("userName", "externalId"))


def _apply(resource: Resource, operation: Resource) -> None:
    path: str = operation["path"]
    where, name = resource, path
    if path.startswith("urn:"):
        urn, _, name = path.rpartition(":")
        where = resource.setdefault(urn, {})
    if operation["op"] == "remove":
        where.pop(name, None)
    else:
        where[name] = operation["value"]


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server on a free port of loopback."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)
