"""An ASGI scope with a whole body becomes a WSGI environ, and the application's response becomes an answer."""

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from portal.front import limits

Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
PATHSEND = "http.response.pathsend"
"""The extension by which the server reads a file itself: no thread waits for a client that reads slowly."""
_NAMES: dict[bytes, str] = {}
_KNOWN_NAMES = 256
_WITHOUT_PREFIX = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


@dataclass(slots=True)
class Answer:
    """Holds a response: its bytes, or the path of the file that has them, or neither where it was streamed."""

    status: int
    headers: Headers
    body: bytes = b""
    file: str = ""
    streamed: bool = False


def environ(scope: Scope) -> Environ:
    """Return the request as PEP 3333 says it, without its body.

    The path is decoded from its raw bytes. Names with an underscore are left out: `X_Forwarded_For` would otherwise be
    read as `X-Forwarded-For`, which a proxy sets.
    """
    client, server = scope.get("client") or ("", ""), scope.get("server") or ("", "")
    built: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    if PATHSEND in scope.get("extensions", ()):
        built["wsgi.file_wrapper"] = _File
    for name, value in scope["headers"]:
        key = _NAMES.get(name) or _key(name)
        if key:
            text = value.decode("latin-1")
            separator = "; " if key == "HTTP_COOKIE" else ","
            built[key] = f"{built[key]}{separator}{text}" if key in built else text
    return built


def own_environ(path: str, *, scheme: str) -> Environ:
    """Return a GET request without any value from a client: its answer may be given to every client."""
    return environ(
        {
            "method": "GET",
            "raw_path": path.encode(),
            "query_string": b"",
            "http_version": "1.1",
            "scheme": scheme,
            "headers": (),
        }
    )


def set_body(request: Environ, body: bytes) -> None:
    """Give a request its whole body, whatever coding it arrived in."""
    request.pop("HTTP_TRANSFER_ENCODING", None)
    request["CONTENT_LENGTH"] = str(len(body))
    request["wsgi.input"] = io.BytesIO(body)


def _key(name: bytes) -> str:
    """Return the name in the environ, empty for one with an underscore. Few are remembered: clients invent them."""
    key = ""
    if b"_" not in name:
        key = _WITHOUT_PREFIX.get(name) or f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
    if key and len(_NAMES) < _KNOWN_NAMES:
        _NAMES[name] = key
    return key


class _File:
    """Marks a response as a file (`wsgi.file_wrapper`): Django's FileResponse, which static files use."""

    def __init__(self, file: io.BufferedIOBase, block_size: int = 64 * limits.KIB) -> None:
        self.file, self.block_size = file, block_size

    def path(self) -> str:
        """Return the path of a whole file on disk, empty for a part of one."""
        if type(self.file) is io.BufferedReader and self.file.seek(0, io.SEEK_CUR) == 0:
            name: object = self.file.name
            return str(Path(name).absolute()) if isinstance(name, str) else ""
        return ""

    def __iter__(self) -> "_File":
        return self

    def __next__(self) -> bytes:
        if chunk := self.file.read(self.block_size):
            return chunk
        raise StopIteration

    def close(self) -> None:
        """Close the response: Django replaces the file's own method for this."""
        self.file.close()


@dataclass(slots=True)
class WsgiCall:
    """Runs the application once, on the thread that calls it."""

    application: Callable[..., Iterable[bytes]]
    environ: Environ
    send: Send
    loop: asyncio.AbstractEventLoop
    status: int = 500
    headers: Headers = field(default_factory=list)
    streams: bool = False
    """Whether a part of the response has been sent."""

    def __call__(self) -> Answer:
        """Return the whole answer, or send a response without a length part by part."""
        result = self.application(self.environ, self._start)
        try:
            return self._answer(result)
        finally:
            if hasattr(result, "close"):
                result.close()

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        del exc_info
        self.status = int(status[:3])
        self.headers = [
            (name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers
        ]

    def _answer(self, result: Iterable[bytes]) -> Answer:
        if isinstance(result, _File) and (path := result.path()):
            return Answer(self.status, self.headers, file=path)
        if not getattr(result, "streaming", False):
            return Answer(self.status, self.headers, b"".join(result))
        self.streams = True
        self._push({"type": "http.response.start", "status": self.status, "headers": self.headers})
        for chunk in result:
            self._push({"type": "http.response.body", "body": chunk, "more_body": True})
        self._push({"type": "http.response.body", "body": b""})
        return Answer(self.status, self.headers, streamed=True)

    def _push(self, message: dict[str, Any]) -> None:
        """Send a part. Raises TimeoutError where the client reads nothing: its thread serves others."""
        sending = asyncio.run_coroutine_threadsafe(_awaited(self.send(message)), self.loop)
        try:
            sending.result(limits.SEND_SECONDS)
        except TimeoutError:
            sending.cancel()
            raise


async def _awaited(sending: Awaitable[None]) -> None:
    await sending
