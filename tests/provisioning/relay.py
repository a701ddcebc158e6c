"""A mail relay on loopback, in this process."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

from aiosmtpd.controller import Controller
from django.conf import LazySettings


@contextlib.contextmanager
def listening(handler: Any, settings: LazySettings, **how: Any) -> Iterator[None]:
    """Mails of this process go to `handler` (of aiosmtpd) meanwhile; `how`: the controller's own settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, **how)
    controller.start()
    settings.SMTP_HOST, settings.SMTP_PORT = "127.0.0.1", port
    try:
        yield
    finally:
        controller.stop()
