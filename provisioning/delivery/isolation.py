"""A step of the deliverer that fails holds up no other step; only a lost connection ends them all."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import connection

from provisioning.delivery.outage import Outage

Result = TypeVar("Result")

LOCK_TIMEOUT = "2s"
"""Keyholder's own transactions are shorter. Another session that holds a lock longer must not stop the deliverer."""


@dataclass(slots=True)
class _Failing:
    outage: Outage = field(default_factory=Outage)
    of: set[Hashable] = field(default_factory=set)


@dataclass(slots=True)
class Isolation:
    """Runs steps of one thread, and logs the failures of each as those of an outage."""

    _failing: dict[str, _Failing] = field(default_factory=lambda: defaultdict(_Failing))

    def run(self, name: str, step: Callable[[], Result], otherwise: Result, *, of: Hashable = None) -> Result:
        """Return the step's result, or `otherwise` where it failed. Raises its error where the connection is lost.

        `of` says what a step that runs for many was run for: its outage ends when none of them fails any more.
        """
        try:
            result = step()
        except Exception as error:
            if not connection.is_usable():
                raise
            failing = self._failing[name]
            failing.of.add(of)
            failing.outage.failed(error)
            return otherwise
        if name in self._failing:
            self._failing[name].of.discard(of)
            if not self._failing[name].of:
                self._failing.pop(name).outage.ended()
        return result


def limit_waits() -> None:
    """Let no statement of this thread's connection wait for a lock longer than LOCK_TIMEOUT."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
