"""What the deliverer knows of a delivery, whatever is delivered: a lane, what to do there, and how it ended."""

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from provisioning.delivery.errors import DeliveryError
from provisioning.delivery.listener import Notifications


@dataclass(frozen=True, slots=True)
class DeliveryTask:
    """One leased delivery. `run` does network and nothing else: no database, in any thread."""

    row: Any
    lane: Hashable
    priority: int
    run: Callable[[], Any]
    worker: int


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """How it ended: a result, or a problem."""

    errand: DeliveryTask
    result: Any = None
    problem: DeliveryError | None = None


class DeliveryKind(Protocol):
    """One kind of delivery."""

    def is_affected_by(self, *, heard: Notifications) -> bool:
        """Whether this notice may have made something due."""

    def lease(
        self, *, worker: int, at: dt.datetime, load: Mapping[Hashable, int]
    ) -> list[DeliveryTask] | None:
        """Take what is due and for whose lane there is room. None: nothing was; empty: what was needed no call."""

    def settle(self, *, endings: list[DeliveryOutcome], at: dt.datetime) -> None:
        """Write down how these ended, with their events, in one transaction."""
