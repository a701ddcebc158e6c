"""The engine and each kind of delivery exchange tasks and outcomes by this contract."""

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
    """A task is one leased delivery. `run` does network only, never the database: it runs in any thread."""

    row: Row
    queue: Hashable
    """The calls to one target share a queue."""
    priority: int
    """Lower numbers run first."""
    run: Callable[[], Result]
    """Raises DeliveryError."""
    worker: int


@dataclass(frozen=True, slots=True)
class DeliveryOutcome(Generic[Row, Result]):
    """A finished task has a result or an error; a row that needed no call has neither."""

    task: DeliveryTask[Row, Result]
    result: Result | None = None
    error: DeliveryError | None = None


class DeliveryKind(Protocol[Row, Result]):
    """The engine leases due rows of a kind, runs their tasks and settles the outcomes."""

    table: LeasedTable
    """The rows of this kind; their leases end with their worker."""

    def is_affected_by(self, *, notifications: Notifications) -> bool:
        """Check whether these notifications may have made a row due."""

    def recover(self, *, at: dt.datetime) -> None:
        """Handle calls with leases that the lost connection may have forgotten. Runs before anything is leased."""

    def lease(
        self, *, worker: int, at: dt.datetime, in_flight: Mapping[Hashable, int]
    ) -> list[DeliveryTask[Row, Result]] | None:
        """Lease due rows where queues have room. None: nothing was due; empty: no due row needed a call."""

    def settle(self, *, outcomes: list[DeliveryOutcome[Row, Result]], at: dt.datetime) -> None:
        """Store these outcomes and their events in one transaction."""
