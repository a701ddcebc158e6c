"""The front keeps the answers of public documents for a second, and gives them again without the application."""

import time
from http import HTTPStatus
from typing import Final

from portal.front.bridge import Answer, Environ
from portal.http import reference
from portal.operations import request_log

_SECONDS: Final = 1.0
"""A rotation is announced longer ahead than any cache keeps the keys; a second more changes nothing."""
_KEPT: Final = 8
"""There is one answer for each document and scheme; more come only from proxies' headers that a client invents."""
_OWN: Final = b"x-request-id"


class Documents:
    """Keeps the last answers of one worker process."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, str], tuple[float, Answer]] = {}

    def find(self, environ: Environ, started: float) -> Answer | None:
        """Return a kept answer under a new request id, with its log line; None where the application must answer."""
        if not _is_plain(environ):
            return None
        until, kept = self._answers.get(_key(environ), (0.0, None))
        if kept is None or time.monotonic() >= until:
            return None
        request_id = reference.new_reference()
        request_log.record_answer(
            method="GET",
            route=environ["PATH_INFO"].removeprefix("/"),
            status=kept.status,
            request_id=request_id,
            started=started,
        )
        return Answer(kept.status, [*kept.headers, (_OWN, request_id.encode())], kept.body)

    def keep(self, environ: Environ, answer: Answer) -> None:
        """Keep a whole answer; a refusal or a failure is not repeated."""
        if answer.status != HTTPStatus.OK or not _is_plain(environ):
            return
        if len(self._answers) >= _KEPT:
            self._answers.clear()
        headers = [(name, value) for name, value in answer.headers if name != _OWN]
        until = time.monotonic() + _SECONDS
        self._answers[_key(environ)] = until, Answer(answer.status, headers, answer.body)


def _is_plain(environ: Environ) -> bool:
    """Return whether the answer is the whole document, the same for every client."""
    return environ["REQUEST_METHOD"] == "GET" and not any(name.startswith("HTTP_IF_") for name in environ)


def _key(environ: Environ) -> tuple[str, str, str]:
    """Strict transport security is said over TLS only."""
    return environ["PATH_INFO"], environ["wsgi.url_scheme"], environ.get("HTTP_X_FORWARDED_PROTO", "")
