"""Connections to other systems: only to addresses that the guard has seen, and with the host's own certificate.

An exchange has an end in time and in size, whatever the other side does: one that sends a byte now and then must not
hold a delivery for longer than it is leased (`provisioning.delivery.leases`).
"""

import http.client
import io
import socket
import ssl
import time
from functools import cache
from typing import Any

from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import ssrf_guard

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
"""How long the other side may say nothing."""
EXCHANGE_SECONDS = 15.0
"""From the beginning of connecting to the last byte of the answer."""
MOST_BYTES = 2_000_000
"""Of one answer, its headers among them."""


class Limits:
    """What is left of one exchange. A connection that is kept open gets new ones for the next."""

    def __init__(self) -> None:
        self._until = time.monotonic() + EXCHANGE_SECONDS
        self._bytes = MOST_BYTES

    def patience(self, most: float) -> float:
        """Seconds to wait now, `most` at most. Raises TimeoutError where the exchange has had its time."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, most)

    def spend(self, size: int) -> None:
        """Count what has come. Raises Problem where that is too much."""
        self._bytes -= size
        if self._bytes < 0:
            raise DeliveryError(Code.UNREADABLE, detail="too much")


class Paced:
    """A socket as the standard library's client uses one, within limits."""

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self._sock = sock
        self.limits = limits

    def sendall(self, data: bytes) -> None:
        """Send, as long as there is time."""
        self._sock.settimeout(self.limits.patience(READ_SECONDS))
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What comes in, for one answer."""
        return io.BufferedReader(_Incoming(self._sock, self.limits))

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()


class _Incoming(io.RawIOBase):
    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self._sock = sock
        self._limits = limits
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """Every read waits only as long as the whole exchange has left."""
        self._sock.settimeout(self._limits.patience(READ_SECONDS))
        size = self._raw.readinto(buffer)
        self._limits.spend(size or 0)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class Guarded(http.client.HTTPConnection):
    """Connects to addresses that the guard has seen, and to no others."""

    _paced: Paced

    def __init__(self, host: str, port: int, limits: Limits) -> None:
        super().__init__(host, port)
        self._limits = limits

    def connect(self) -> None:
        """Raises Problem."""
        self._paced = self.sock = Paced(self._opened(), self._limits)

    def renew(self, limits: Limits) -> None:
        """Begin another exchange on a connection that was kept open."""
        self._paced.limits = limits

    def _opened(self) -> socket.socket:
        return _connected(self.host, self.port, self._limits)


class GuardedTls(Guarded):
    """The same, and the certificate must be the host's."""

    default_port = http.client.HTTPS_PORT

    def _opened(self) -> socket.socket:
        raw = super()._opened()
        try:
            return _tls().wrap_socket(raw, server_hostname=self.host)
        except (OSError, ValueError) as error:
            raw.close()
            raise DeliveryError(Code.UNREACHABLE, detail=f"TLS: {type(error).__name__}") from error


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connected(host: str, port: int, limits: Limits) -> socket.socket:
    for place in ssrf_guard.public_addresses(host=host, port=port):
        sock = socket.socket(place.family, socket.SOCK_STREAM)
        try:
            sock.settimeout(limits.patience(CONNECT_SECONDS))
            sock.connect(place.address)
            sock.settimeout(limits.patience(READ_SECONDS))
        except OSError:
            sock.close()
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise DeliveryError(Code.UNREACHABLE, detail="no connection")
