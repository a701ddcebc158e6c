"""The contract between the engine and one kind of delivery: leased task, outcome, kind."""

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from provisioning.delivery.errors import DeliveryError
from provisioning.delivery.leases import LeasedTable
from provisioning.delivery.listener import Notifications

Row = TypeVar("Row")
"""The leased row, with everything that `run` and `settle` need."""
Result = TypeVar("Result")
"""The answer of a successful call."""


@dataclass(frozen=True, slots=True)
class DeliveryTask(Generic[Row, Result]):
    """One leased delivery. `run` does network only, never the database: it runs in any thread."""

    row: Row
    queue: Hashable
    """The target, whose calls share one queue."""
    priority: int
    """Lower numbers run first."""
    run: Callable[[], Result]
    """Raises DeliveryError."""
    worker: int


@dataclass(frozen=True, slots=True)
class DeliveryOutcome(Generic[Row, Result]):
    """A finished task: a result, or an error. Neither: the row needed no call."""

    task: DeliveryTask[Row, Result]
    result: Result | None = None
    error: DeliveryError | None = None


class DeliveryKind(Protocol[Row, Result]):
    """One kind of delivery: the engine leases its due rows, runs their tasks and settles the outcomes."""

    table: LeasedTable
    """The rows of this kind, whose leases end with their worker."""

    def is_affected_by(self, *, notifications: Notifications) -> bool:
        """Whether these notifications may have made a row due."""

    def recover(self, *, at: dt.datetime) -> None:
        """Handle calls whose leases the lost connection may have forgotten. Runs before anything is leased."""

    def lease(
        self, *, worker: int, at: dt.datetime, in_flight: Mapping[Hashable, int]
    ) -> list[DeliveryTask[Row, Result]] | None:
        """Lease due rows whose queues have room. None: nothing was due; empty: no due row needed a call."""

    def settle(self, *, outcomes: list[DeliveryOutcome[Row, Result]], at: dt.datetime) -> None:
        """Store these outcomes and their events in one transaction."""
