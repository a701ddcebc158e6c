"""The scheduler submits leased tasks to their queues and gathers their outcomes into batches to settle.

One thread calls `lease` and `settle`; tasks run in the threads of the queues.
"""

import datetime as dt
import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from audit.foundation import clock
from provisioning.delivery import settle
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.failure_log import FailureLog
from provisioning.delivery.isolation import Isolation
from provisioning.delivery.listener import Notifications
from provisioning.delivery.target_queues import TargetQueues
from provisioning.delivery.task import DeliveryKind, DeliveryOutcome, DeliveryTask

GATHER_SECONDS = 0.01
"""How long an outcome may wait for others, to be stored with them in one transaction."""

Kind = DeliveryKind[Any, Any]
Task = DeliveryTask[Any, Any]
Outcome = DeliveryOutcome[Any, Any]


@dataclass(slots=True)
class Scheduler:
    """Leases, runs and settles the deliveries of these kinds, in this order."""

    kinds: Sequence[Kind]
    wake_up: Callable[[], None]
    """Called from any thread when `settle` or another `lease` has work to do."""
    is_frozen: Callable[[], bool] = lambda: False
    """Asked before each lease: nothing is leased in a restored database until it is thawed."""
    queues: TargetQueues = field(default_factory=TargetQueues)
    failures: FailureLog = field(default_factory=FailureLog)
    isolation: Isolation = field(default_factory=Isolation)
    _finished: "queue.SimpleQueue[tuple[Kind, Outcome]]" = field(default_factory=queue.SimpleQueue)
    _unsettled: list[tuple[Kind, Outcome]] = field(default_factory=list)
    _settle_at: float = 0.0
    _backlog: set[Kind] = field(default_factory=set)
    _has_room: bool = False

    def recover(self, *, at: dt.datetime) -> None:
        """Let every kind handle the calls with leases that the lost connection may have forgotten."""
        for kind in self.kinds:
            kind.recover(at=at)

    def lease_due(self, *, worker: int, at: dt.datetime | None = None) -> None:
        """Lease the due rows of every kind."""
        self._lease(self.kinds, worker, at)

    def lease_affected(
        self, *, notifications: Notifications, worker: int, at: dt.datetime | None = None
    ) -> None:
        """Lease the due rows of the kinds that these notifications concern. `at`: when the rows became due."""
        affected = [kind for kind in self.kinds if kind.is_affected_by(notifications=notifications)]
        self._lease(affected, worker, at)

    def lease_backlog(self, *, worker: int) -> None:
        """Lease the next rows of the kinds that may have more."""
        self._lease(self.kinds_with_backlog, worker, None)

    @property
    def kinds_with_backlog(self) -> list[Kind]:
        """Return the kinds with rows at their last lease: they may have more once their queues have room."""
        return [kind for kind in self.kinds if kind in self._backlog]

    @property
    def has_room(self) -> bool:
        """Check whether the last lease returned rows that needed no call: the queues have room already."""
        return self._has_room

    @property
    def in_flight(self) -> bool:
        """Check whether any task is submitted and not settled."""
        return bool(self.queues.in_flight())

    @property
    def next_settle_at(self) -> float | None:
        """Return when (`time.monotonic`) the gathered outcomes are to be settled; None without any."""
        return self._settle_at if self._unsettled else None

    def settle(self) -> bool:
        """Settle the gathered outcomes once their wait is over or nothing is in flight. Returns whether it did.

        Outcomes that the database cannot take now stay for the next call. Raises `settle.DATABASE_UNAVAILABLE`.
        """
        self._gather()
        more_expected = self.in_flight and time.monotonic() < self._settle_at
        if not self._unsettled or more_expected:
            return False
        at = clock.now()
        for kind in self.kinds:
            outcomes = [outcome for owner, outcome in self._unsettled if owner is kind]
            if outcomes:
                settle.settle(kind=kind, outcomes=outcomes, at=at)
                self._unsettled = [pair for pair in self._unsettled if pair[0] is not kind]
        return True

    def _lease(self, kinds: Sequence[Kind], worker: int, at: dt.datetime | None) -> None:
        if not kinds or self.is_frozen():
            return
        at, self._has_room = at or clock.now(), False
        backlog = self._backlog - set(kinds)
        for kind in kinds:
            lease = partial(kind.lease, worker=worker, at=at, in_flight=self.queues.in_flight())
            tasks = self.isolation.run(f"lease {kind.table.name}", lease, None)
            if tasks is None:
                continue
            backlog.add(kind)
            if not tasks:
                self._has_room = True
                self.wake_up()
            for task in tasks:
                job = partial(self._run, kind, task)
                self.queues.submit(target=task.queue, priority=task.priority, job=job)
        self._backlog = backlog

    def _run(self, kind: Kind, task: Task) -> None:
        self._finished.put((kind, self._outcome(task)))
        self.wake_up()

    def _outcome(self, task: Task) -> Outcome:
        try:
            outcome = DeliveryOutcome(task, result=task.run())
        except DeliveryError as error:
            self.failures.failed(queue=task.queue, error=error)
            return DeliveryOutcome(task, error=error)
        except Exception as fault:  # noqa: BLE001 - becomes the outcome, and is logged with its traceback
            unknown = DeliveryError(Code.FAULT, detail=type(fault).__name__)
            self.failures.failed(queue=task.queue, error=unknown, fault=fault)
            return DeliveryOutcome(task, error=unknown)
        self.failures.succeeded(queue=task.queue)
        return outcome

    def _gather(self) -> None:
        while not self._finished.empty():
            kind, outcome = self._finished.get()
            if not self._unsettled:
                self._settle_at = time.monotonic() + GATHER_SECONDS
            self._unsettled.append((kind, outcome))
            self.queues.done(target=outcome.task.queue)
