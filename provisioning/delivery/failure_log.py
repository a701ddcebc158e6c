"""Failures are logged as warnings with their cause: the first at once, repetitions at most once a minute."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import structlog

from provisioning.delivery.errors import Code, DeliveryError

log = structlog.get_logger(__name__)

REPEAT_SECONDS = 60.0


@dataclass(slots=True)
class _Cause:
    logged_at: float
    unlogged: int = 0
    failing: bool = True


@dataclass(slots=True)
class FailureLog:
    """Logs failed deliveries by queue and code, and the first success after them. Any thread may call it."""

    monotonic: Callable[[], float] = time.monotonic
    _causes: dict[tuple[Hashable, Code], _Cause] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def failed(self, *, queue: Hashable, error: DeliveryError, fault: Exception | None = None) -> None:
        """Log one failure, unless the same cause was logged within the last minute. `fault` adds a traceback."""
        with self._lock:
            now = self.monotonic()
            cause = self._causes.get((queue, error.code))
            if cause is not None and now - cause.logged_at < REPEAT_SECONDS:
                cause.unlogged, cause.failing = cause.unlogged + 1, True
                return
            unlogged = cause.unlogged if cause else 0
            self._causes[queue, error.code] = _Cause(now)
        log.warning(
            "deliver.failed",
            queue=str(queue),
            code=error.code.value,
            detail=error.detail,
            **({"repeated": unlogged} if unlogged else {}),
            **({"exc_info": fault} if fault else {}),
        )

    def succeeded(self, *, queue: Hashable) -> None:
        """Log that calls succeed again, once after failures."""
        with self._lock:
            ended = [
                cause for (name, _code), cause in self._causes.items() if name == queue and cause.failing
            ]
            for cause in ended:
                cause.failing = False
        if ended:
            log.info("deliver.recovered", queue=str(queue))
