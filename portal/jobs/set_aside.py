"""A message that no worker can handle is set aside: logged, counted in readiness and metrics, and never read again."""

import time

import structlog
from django.db import Error, connection

from portal.jobs.messages import Unreadable
from provisioning.delivery import heartbeats
from provisioning.delivery.heartbeats import ProcessKind

log = structlog.get_logger(__name__)
_EVERY_SECONDS = 15.0
_last: list[float] = []


def report(error: Exception) -> None:
    """Log why, and record for readiness that it happened: at most once in 15 seconds, however many there are."""
    # The text of another error may quote the message.
    log.error("jobs.set_aside", reason=str(error) if isinstance(error, Unreadable) else type(error).__name__)
    now = time.monotonic()
    if _last and now - _last[0] < _EVERY_SECONDS:
        return
    _last[:] = [now]
    try:
        heartbeats.record(kind=ProcessKind.SET_ASIDE)
    except Error:
        log.warning("jobs.set_aside_not_recorded")
    finally:
        # The pool is forked from this process, and must not share its connection.
        connection.close()
