"""While the database cannot be used, the deliverer waits longer each time and logs the cause once a minute at most."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from provisioning.delivery import settle

log = structlog.get_logger(__name__)

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 5.0
"""One attempt every five seconds is no load for a database, and deliveries go on soon after it is back."""
REPEAT_SECONDS = 60.0


@dataclass(slots=True)
class Outage:
    """Counts the failed attempts of one thread."""

    names_database: bool = True
    """Whether an unavailable database is logged; one thread of the deliverer names it for all."""
    monotonic: Callable[[], float] = time.monotonic
    _failures: int = 0
    _logged: set[str] = field(default_factory=set)
    """The events that say that work goes on again, one for each kind of cause that was logged."""
    _logged_at: dict[str, float] = field(default_factory=dict)

    def failed(self, error: Exception) -> float:
        """Log the cause, unless it was logged within the last minute. Returns how many seconds to wait."""
        self._failures += 1
        is_database = isinstance(error, settle.DATABASE_UNAVAILABLE)
        cause = _cause(error)
        if (self.names_database or not is_database) and self._is_due(cause):
            self._logged.add("deliver.database_available" if is_database else "deliver.fault_ended")
            if is_database:
                log.warning("deliver.database_unavailable", cause=cause)
            else:
                log.error("deliver.fault", exc_info=error)
        return min(FIRST_SECONDS * (1 << min(self._failures - 1, 10)), LONGEST_SECONDS)

    def ended(self) -> None:
        """Begin again with short waits, and log once for each kind of logged cause that work goes on."""
        for event in sorted(self._logged):
            log.info(event, failures=self._failures)
        self._failures, self._logged = 0, set()

    def _is_due(self, cause: str) -> bool:
        now = self.monotonic()
        self._logged_at = {name: at for name, at in self._logged_at.items() if now - at < REPEAT_SECONDS}
        is_due = cause not in self._logged_at
        self._logged_at.setdefault(cause, now)
        return is_due


def _cause(error: Exception) -> str:
    """Return libpq's sentence, such as `password authentication failed for user …`; it holds no password."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}"[:300] if lines else type(error).__name__
