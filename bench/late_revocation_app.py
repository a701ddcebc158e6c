"""This portal has one fault: a removal is answered at once and carried out 5 ms later. A bench must notice."""

import io
import threading
from collections.abc import Iterable
from typing import Any

from portal import wsgi
from portal.front.application import Front

LATE_SECONDS = 0.005


def answer_before_removing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer as the portal, except for the POST of a removal."""
    if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith("/remove"):
        copy = {**environ, "wsgi.input": io.BytesIO(environ["wsgi.input"].read())}
        threading.Timer(LATE_SECONDS, _carry_out, [copy]).start()
        start_response("302 Found", [("Location", "/"), ("Content-Length", "0")])
        return [b""]
    return wsgi.application(environ, start_response)


def _carry_out(environ: dict[str, Any]) -> None:
    b"".join(wsgi.application(environ, _unheard))


def _unheard(*_: Any) -> Any:
    """Nobody waits for this answer."""


application = Front(answer_before_removing)
