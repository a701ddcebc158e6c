"""Connections lead only to addresses that the guard allows, and only with the host's own certificate.

Every exchange is limited in time and size. A server that sends a byte now and then must not hold a delivery for longer
than its lease (`provisioning.delivery.leases`).
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
"""How long the server may send nothing."""
EXCHANGE_SECONDS = 15.0
"""From the start of connecting to the last byte of the response."""
MAX_BYTES = 2_000_000
"""Of one response, headers included."""


class ExchangeLimits:
    """Counts the time and bytes that one exchange has left. A reused connection gets new limits each time."""

    def __init__(self) -> None:
        self._until = time.monotonic() + EXCHANGE_SECONDS
        self._bytes = MAX_BYTES

    def remaining(self, most: float) -> float:
        """Return the seconds to wait now, `most` at most. Raises TimeoutError after the end of the exchange."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, most)

    def count(self, size: int) -> None:
        """Count received bytes. Raises DeliveryError above the limit."""
        self._bytes -= size
        if self._bytes < 0:
            raise DeliveryError(Code.UNREADABLE, detail="response too large")


class LimitedSocket:
    """Has the interface of a socket that `http.client` uses, within the limits of an exchange."""

    def __init__(self, sock: socket.socket, limits: ExchangeLimits) -> None:
        self._sock = sock
        self.limits = limits

    def sendall(self, data: bytes) -> None:
        """Send everything. Raises TimeoutError after the end of the exchange."""
        self._sock.settimeout(self.limits.remaining(READ_SECONDS))
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Open a reader for one response."""
        return io.BufferedReader(_LimitedReader(self._sock, self.limits))

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()


class _LimitedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, limits: ExchangeLimits) -> None:
        self._sock = sock
        self._limits = limits
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """Wait for one read no longer than the whole exchange has left."""
        self._sock.settimeout(self._limits.remaining(READ_SECONDS))
        size = self._raw.readinto(buffer)
        self._limits.count(size or 0)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class GuardedConnection(http.client.HTTPConnection):
    """Connects only to addresses that the guard allows."""

    _limited_socket: LimitedSocket

    def __init__(self, host: str, port: int, limits: ExchangeLimits) -> None:
        super().__init__(host, port)
        self._limits = limits

    def connect(self) -> None:
        """Open the socket. Raises DeliveryError."""
        self._limited_socket = self.sock = LimitedSocket(self._open_socket(), self._limits)

    def begin_exchange(self, limits: ExchangeLimits) -> None:
        """Begin another exchange on this open connection."""
        self._limited_socket.limits = limits

    def _open_socket(self) -> socket.socket:
        return _connect(self.host, self.port, self._limits)


class GuardedTlsConnection(GuardedConnection):
    """Adds TLS to the guarded connection; the certificate must match the host."""

    default_port = http.client.HTTPS_PORT

    def _open_socket(self) -> socket.socket:
        raw = super()._open_socket()
        try:
            return _tls_context().wrap_socket(raw, server_hostname=self.host)
        except (OSError, ValueError) as error:
            raw.close()
            raise DeliveryError(Code.UNREACHABLE, detail=f"TLS: {type(error).__name__}") from error


@cache
def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connect(host: str, port: int, limits: ExchangeLimits) -> socket.socket:
    for address in ssrf_guard.public_addresses(host=host, port=port):
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            sock.settimeout(limits.remaining(CONNECT_SECONDS))
            sock.connect(address.sockaddr)
            sock.settimeout(limits.remaining(READ_SECONDS))
        except OSError:
            sock.close()
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise DeliveryError(Code.UNREACHABLE, detail="no connection")
