"""A step of the deliverer that fails holds up no other step; only a lost connection ends them all."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import connection

from provisioning.delivery.outage import Outage

Result = TypeVar("Result")

LOCK_TIMEOUT = "2s"
"""Keyholder's own transactions are shorter. Another session that holds a lock longer must not stop the deliverer."""


@dataclass(slots=True)
class Isolation:
    """Runs steps of one thread, and logs the failures of each as those of an outage."""

    _failing: dict[str, Outage] = field(default_factory=lambda: defaultdict(Outage))

    def run(self, name: str, step: Callable[[], Result], otherwise: Result) -> Result:
        """Return the step's result, or `otherwise` where it failed. Raises its error where the connection is lost."""
        try:
            result = step()
        except Exception as error:
            if not connection.is_usable():
                raise
            self._failing[name].failed(error)
            return otherwise
        if name in self._failing:
            self._failing.pop(name).ended()
        return result


def limit_waits() -> None:
    """Let no statement of this thread's connection wait for a lock longer than LOCK_TIMEOUT."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
