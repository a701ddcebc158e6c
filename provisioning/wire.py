"""Connections to other systems: only to addresses that the guard has seen, and with the host's own certificate."""

import http.client
import socket
import ssl
from functools import cache

from provisioning import guard
from provisioning.answer import Code, Problem

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0


class Guarded(http.client.HTTPConnection):
    """Connects to addresses that the guard has seen, and to no others."""

    def connect(self) -> None:
        self.sock = _connected(self.host, self.port)


class GuardedTls(http.client.HTTPSConnection):
    """The same, and the certificate must be the host's."""

    def connect(self) -> None:
        raw = _connected(self.host, self.port)
        try:
            self.sock = _tls().wrap_socket(raw, server_hostname=self.host)
        except (OSError, ValueError) as error:
            raw.close()
            raise Problem(Code.UNREACHABLE, detail=f"TLS: {type(error).__name__}") from error


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connected(host: str, port: int) -> socket.socket:
    for place in guard.places(host=host, port=port):
        sock = socket.socket(place.family, socket.SOCK_STREAM)
        sock.settimeout(CONNECT_SECONDS)
        try:
            sock.connect(place.address)
        except OSError:
            sock.close()
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(READ_SECONDS)
        return sock
    raise Problem(Code.UNREACHABLE, detail="no connection")
