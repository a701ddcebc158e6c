"""Serve a WSGI application on loopback until asked to stop."""

import os
import signal
import sys
import threading
from typing import Any

import waitress

HOST = "127.0.0.1"
THREADS = 32
STACK_BYTES = 512 * 1024


def serve(application: Any, *, port: int, name: str, address: str, threads: int = THREADS) -> None:
    """Serve until SIGTERM or Ctrl-C; a second signal ends at once."""
    threading.stack_size(STACK_BYTES)
    signal.signal(signal.SIGTERM, stop)
    server = waitress.create_server(application, host=HOST, port=port, threads=threads, ident=None)
    print(f"{name}: {address}", flush=True)
    server.run()


def stop(_number: int, _frame: object) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))
    sys.exit(0)
