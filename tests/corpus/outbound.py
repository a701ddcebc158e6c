"""The addresses that this process looks up or connects to while a line is played, by Python's own sockets.

The database's driver has sockets of its own and does not show here.
"""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any
from unittest import mock


@contextlib.contextmanager
def recorded() -> Iterator[list[object]]:
    """Record what would leave the process; nothing does."""
    calls: list[object] = []

    def refuse(*arguments: Any, **_: Any) -> Any:
        calls.append(arguments[0] if isinstance(arguments[0], str) else arguments[-1])
        raise OSError("The corpus lets nothing out.")

    with (
        mock.patch.object(socket, "getaddrinfo", refuse),
        mock.patch.object(socket.socket, "connect", refuse),
        mock.patch.object(socket.socket, "connect_ex", refuse),
    ):
        yield calls
