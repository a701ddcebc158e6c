"""Every process that serves the portal is started with these options of granian."""

import resource
import socket
from typing import Any, Final

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from portal.front import limits

TARGET: Final = "portal.front.asgi:application"
_RESERVED_FILES = 256
"""Open files that are not connections: database, log, libraries."""


class SharedSocketServer(MPServer):
    """Serves one listening socket by all workers.

    granian gives each worker a listening socket of its own: the kernel then spreads connections over them without
    asking whether the worker accepts any, and resets those in the queue of one that ended.
    """

    def _init_shared_socket(self) -> None:
        family = socket.AF_INET6 if ":" in self.bind_addr else socket.AF_INET
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limits.UNREAD_SECONDS * 1000)
        listening.bind((self.bind_addr, self.bind_port))
        listening.listen(self.backlog)
        listening.set_inheritable(True)
        self._ssp, self._sso = None, listening
        self._sfd = listening.fileno()  # type: ignore[assignment]
        self._shd = SocketHolder(self._sfd, False, self.backlog)  # type: ignore[assignment,call-arg]  # noqa: FBT003

    def _respawn_workers(self, workers: list[int], *arguments: Any, **options: Any) -> None:
        """Replace workers that were killed. One that ended by itself cannot start, and neither could its successor."""
        if any((self.wrks[index].inner.exitcode or 0) > 0 for index in workers):
            self.shutdown(exit_code=1)  # type: ignore[no-untyped-call]
        super()._respawn_workers(workers, *arguments, **options)


def server(*, host: str, port: int, workers: int, target: str = TARGET) -> MPServer:
    """Return the server of the application named by `target`; `serve()` runs it until SIGTERM or SIGINT."""
    return SharedSocketServer(
        target,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # HTTP/2 has limits of its own; TLS and HTTP/2 end at the proxy
        websockets=False,
        backlog=limits.BACKLOG,
        backpressure=_connections(),
        http1_settings=HTTP1Settings(
            header_read_timeout=limits.HEADER_SECONDS * 1000, max_buffer_size=limits.HEADER_BYTES
        ),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=limits.STOP_SECONDS,
    )


def _connections() -> int:
    """Return the connections of a worker; each may need a second file for a response from disk."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(limits.CONNECTIONS, max(1, (hard - _RESERVED_FILES) // 2))
