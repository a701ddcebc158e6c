"""HTTP requests to other systems are guarded and limited in time and size; none follows a redirect or uses a proxy.

The standard library's client: a quarter of the processor time of httpx2 and half of urllib3's per call, measured.
"""

import contextlib
import http.client
import select
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import connection as http_connection
from provisioning.http.reply import Reply

DEADLINE_SECONDS = 30.0
"""No further request of the same delivery begins after this."""
_IDLE_SECONDS = 50.0
_CHUNK = 65_536
_USER_AGENT = "Keyholder"
_REPEATABLE = frozenset({"GET", "PUT", "PATCH", "DELETE"})


_Origin = tuple[str, str, int]


@dataclass(slots=True)
class Pool:
    """Reuses open connections, newest first. It is safe for threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _idle: dict[_Origin, list[tuple[http_connection.GuardedConnection, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def request(
        self, *, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """Send one request and return its response.

        A reused connection may turn out to be closed; a repeatable request is then sent again on a new one.
        Raises DeliveryError: unreachable, lost, address_refused, unreadable.
        """
        parts = urlsplit(url)
        origin = _origin(parts)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        limits = http_connection.ExchangeLimits()
        reused = self._take_idle(origin)
        if reused is not None:
            reused.begin_exchange(limits)
            try:
                return self._exchange(origin, reused, method, path, headers, body)
            except _StaleConnection as stale:
                if method not in _REPEATABLE:
                    raise DeliveryError(Code.LOST) from stale
        connection = _connection(origin, limits)
        connection.connect()
        try:
            return self._exchange(origin, connection, method, path, headers, body)
        except _StaleConnection as stale:
            raise DeliveryError(Code.LOST) from stale

    def _exchange(
        self,
        origin: _Origin,
        connection: http_connection.GuardedConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Reply:
        try:
            connection.request(method, path, body, {"User-Agent": _USER_AGENT, **headers})
            with connection.getresponse() as response:
                headers_back = {name.lower(): value for name, value in response.getheaders()}
                reply = Reply(response.status, headers_back, _read_body(response))
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            connection.close()
            raise _StaleConnection from error
        except DeliveryError:
            connection.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise DeliveryError(Code.LOST, detail=type(error).__name__) from error
        if response.will_close:
            connection.close()
        else:
            self._return_idle(origin, connection)
        return reply

    def _take_idle(self, origin: _Origin) -> http_connection.GuardedConnection | None:
        while True:
            with self._lock:
                if not self._idle[origin]:
                    return None
                connection, since = self._idle[origin].pop()
            if time.monotonic() - since < _IDLE_SECONDS and not _is_closed(connection):
                return connection
            connection.close()

    def _return_idle(self, origin: _Origin, connection: http_connection.GuardedConnection) -> None:
        with self._lock:
            self._idle[origin].append((connection, time.monotonic()))

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            for connections in self._idle.values():
                for connection, _ in connections:
                    connection.close()
            self._idle.clear()


class _StaleConnection(Exception):
    """The server had closed the connection, or closed it without a response."""


def _connection(origin: _Origin, limits: http_connection.ExchangeLimits) -> http_connection.GuardedConnection:
    scheme, host, port = origin
    secure = scheme == "https"
    kind = http_connection.GuardedTlsConnection if secure else http_connection.GuardedConnection
    return kind(host, port, limits)


def _origin(parts: SplitResult) -> _Origin:
    try:
        port = parts.port
    except ValueError as error:
        raise DeliveryError(Code.UNREACHABLE, detail="port") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise DeliveryError(Code.UNREACHABLE, detail="not an http address")
    return (parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))


def _is_closed(connection: http_connection.GuardedConnection) -> bool:
    """Check whether an idle connection has something to read: that can only be its end."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        waiting = select.poll()
        waiting.register(connection.sock, select.POLLIN)
        return bool(waiting.poll(0))
    return True


def _read_body(response: http.client.HTTPResponse) -> bytes:
    """Read in pieces: no memory is reserved for the length that the server announces."""
    parts: list[bytes] = []
    while chunk := response.read1(_CHUNK):
        parts.append(chunk)
    return b"".join(parts)
