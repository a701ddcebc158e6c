"""Mails that time alone makes due are queued by the deliverer; the portal writes them and registers each."""

import datetime as dt
import time
from collections.abc import Callable

from audit import installation
from audit.foundation import clock
from provisioning import failed_rows

Reminder = Callable[[dt.datetime], int]
_SECONDS = 600
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
    """Queue what is due now. Returns the number of mails."""
    at = clock.now()
    return failed_rows.in_halves(
        _reminders, lambda some: sum(reminder(at) for reminder in some), event="reminder.failed"
    )
