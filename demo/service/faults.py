"""The endpoints that the portal calls count open requests, and are slow or fail on demand.

Delays and failures are there for tests of the sender; a service starts without any. A visitor of the demo can pause the
service: it then answers the portal with status 503, until a visitor resumes it or it starts again.
"""

import contextlib
import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Environ = dict[str, Any]
Start = Callable[..., Any]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]

UNAVAILABLE = 503
MACHINE_PATHS = ("/scim/", "/backchannel-logout")


@dataclasses.dataclass(kw_only=True)
class Failure:
    """The next `times` requests answer `status`; `applied` ones are carried out all the same."""

    status: int
    times: int
    applied: bool = False
    retry_after: int | None = None


@dataclasses.dataclass(kw_only=True)
class Faults:
    """Delays are in milliseconds: before a request is carried out, and after it, before its answer leaves."""

    before_ms: int = 0
    after_ms: int = 0
    failure: Failure | None = None
    paused: bool = False
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    served: int = 0
    _open: dict[int, dict[str, Any]] = dataclasses.field(default_factory=dict)
    _numbers: Iterator[int] = dataclasses.field(default_factory=itertools.count)

    @contextlib.contextmanager
    def counted(self, environ: Environ) -> Iterator[None]:
        number = next(self._numbers)
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        entry = {"method": environ["REQUEST_METHOD"], "path": path, "since_monotonic_ns": time.monotonic_ns()}
        self._open[number] = entry
        try:
            yield
        finally:
            del self._open[number]
            self.served += 1

    def open_requests(self) -> list[dict[str, Any]]:
        return list(self._open.values())

    def next_failure(self) -> Failure | None:
        if self.paused:
            return Failure(status=UNAVAILABLE, times=1)
        with self.lock:
            failure = self.failure
            if failure is None:
                return None
            failure.times -= 1
            if failure.times <= 0:
                self.failure = None
            return failure


class FaultInjection:
    def __init__(self, application: Wsgi, faults: Faults) -> None:
        self.application = application
        self.faults = faults

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(MACHINE_PATHS):
            return self.application(environ, start)
        with self.faults.counted(environ):
            time.sleep(self.faults.before_ms / 1000)
            answer = self._answer(environ, start)
            time.sleep(self.faults.after_ms / 1000)
            return answer

    def _answer(self, environ: Environ, start: Start) -> Iterable[bytes]:
        failure = self.faults.next_failure()
        if failure is None:
            return list(self.application(environ, start))
        if failure.applied:
            list(self.application(environ, lambda *_: None))
        return refuse(failure, start)


def refuse(failure: Failure, start: Start) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    if failure.retry_after is not None:
        headers.append(("Retry-After", str(failure.retry_after)))
    start(f"{failure.status} Failing as asked", headers)
    return [b"This service fails because it was asked to.\n"]
