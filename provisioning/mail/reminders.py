"""Mails that time alone makes due are queued by the deliverer; the portal writes them and registers each."""

import datetime as dt
import time
from collections.abc import Callable

import structlog
from django.db import connection

from audit import installation
from audit.foundation import clock

Reminder = Callable[[dt.datetime], int]
_SECONDS = 600
log = structlog.get_logger(__name__)
_reminders: list[Reminder] = []


def register(reminder: Reminder) -> None:
    """Let `reminder` queue its mails every ten minutes; it returns how many."""
    if reminder not in _reminders:
        _reminders.append(reminder)


class Reminders:
    """Runs each registered reminder every ten minutes (a chore of the deliverer)."""

    def __init__(self) -> None:
        self._next_at = 0.0

    def __call__(self) -> None:
        """Run them, unless it is too early."""
        if time.monotonic() < self._next_at or installation.is_frozen():
            return
        self._next_at = time.monotonic() + _SECONDS
        queue_due()


def queue_due() -> int:
    """Queue what is due now. Returns the number of mails. A kind that fails, or waits for a lock, stops no other."""
    at = clock.now()
    return sum(_attempt(reminder, at) for reminder in _reminders)


def _attempt(reminder: Reminder, at: dt.datetime) -> int:
    try:
        return reminder(at)
    except Exception:
        if not connection.is_usable():
            raise
        log.exception("reminder.failed", kind=reminder.__module__)
    return 0
