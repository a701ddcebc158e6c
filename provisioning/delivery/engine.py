"""The delivery process waits for notifications of new events, plans them at once, and delivers concurrently.

One thread uses the database and decides; the threads of the queues do network only; maintenance has its own thread.
"""

import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import structlog
from django.db import connection

from audit import installation, sealing
from audit.checkpoints.signer import Signer
from audit.foundation import clock
from audit.log import refusals
from provisioning.delivery import heartbeats, isolation, listener, workers
from provisioning.delivery.isolation import Isolation
from provisioning.delivery.listener import Listener, Notifications
from provisioning.delivery.outage import Outage
from provisioning.delivery.scheduler import Kind, Scheduler

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 1.0
_SWEEP_SHARE = 20
"""A slow sweep repeats less often, so that sweeping takes a twentieth of the time…"""
_LONGEST_PAUSE = 5.0
"""…but often enough that a retry, a boundary or a resync is not noticeably late."""
_DRAIN_SECONDS = 15.0


class PlanningResult(Protocol):
    """Holds what a planner made due in one chain."""

    @property
    def at(self) -> dt.datetime | None:
        """Return when the rows became due, by the database's clock; None where nothing became due."""


class Planner(Protocol):
    """Makes rows of the kinds due: from the events of one chain, and from time alone."""

    def plan(self, *, chain: uuid.UUID) -> PlanningResult:
        """Make the rows due that follow from the new events of this chain."""

    def behind(self) -> list[uuid.UUID]:
        """Find the chains with events that are not yet planned."""

    def sweep(self, *, at: dt.datetime, first: bool) -> int:
        """Make the rows due that time alone has changed; the first sweep of a process looks further back."""


@dataclass(slots=True)
class Engine:
    """Delivers these kinds until `stop`."""

    kinds: Sequence[Kind]
    planner: Planner
    on_stop: Callable[[], None]
    """Releases what the kinds share, at the end of `run`."""
    chores: Sequence[Callable[[], object]] = ()
    """Run by the maintenance thread once a second."""
    _scheduler: Scheduler = field(init=False)
    _outage: Outage = field(default_factory=Outage)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _listener: Listener | None = None
    _next_sweep: float = 0.0
    _next_heartbeat: float = 0.0
    _swept: bool = False
    _isolation: Isolation = field(default_factory=Isolation)

    def __post_init__(self) -> None:
        self._scheduler = Scheduler(self.kinds, self._wake_up, is_frozen=installation.is_frozen)

    def run(self) -> None:
        """Deliver until stopped. Outages of the database are waited out."""
        maintenance = threading.Thread(target=self._background_maintenance, name="maintenance", daemon=True)
        maintenance.start()
        while not self._stopping.is_set():
            try:
                with listener.listening() as notified:
                    self._listen(notified)
            except Exception as error:  # noqa: BLE001 - logged with its cause, and tried again
                connection.close()
                self._stopping.wait(self._outage.failed(error))
        maintenance.join(timeout=_DRAIN_SECONDS)
        self.on_stop()

    def stop(self) -> None:
        """Finish the calls in flight and end; any thread or signal handler may call this."""
        self._stopping.set()
        self._wake_up()

    def _wake_up(self) -> None:
        notified = self._listener
        if notified is not None:
            notified.wake_up()

    def _listen(self, notified: Listener) -> None:
        log.info("deliver.listening", worker=notified.worker)
        self._listener, self._next_sweep = notified, 0.0
        try:
            _tune_connection()
            self._scheduler.recover(at=clock.now())
            self._loop(notified)
            self._drain(notified)
        finally:
            # Its pipe is closed next, and another connection may reuse the file descriptor.
            self._listener = None

    def _loop(self, notified: Listener) -> None:
        while not self._stopping.is_set():
            notifications = notified.wait(seconds=self._next_wake_up() - time.monotonic())
            self._handle_notifications(notified, notifications)
            if time.monotonic() >= self._next_sweep:
                self._sweep()
                self._scheduler.lease_due(worker=notified.worker)
                self._outage.ended()

    def _handle_notifications(self, notified: Listener, notifications: Notifications) -> None:
        """Plan and lease the consequences of new events first; then settle, which may make room for more."""
        plans = [self._plan(chain) for chain in notifications.chains]
        at = max((plan.at for plan in plans if plan is not None and plan.at is not None), default=None)
        self._scheduler.lease_affected(notifications=notifications, worker=notified.worker, at=at)
        if self._scheduler.settle() or self._scheduler.has_room:
            self._scheduler.lease_backlog(worker=notified.worker)

    def _plan(self, chain: uuid.UUID) -> PlanningResult | None:
        return self._isolation.run("plan", partial(self.planner.plan, chain=chain), None, of=chain)

    def _next_wake_up(self) -> float:
        """Return when there is work even without a notification (`time.monotonic`)."""
        settle_at = self._scheduler.next_settle_at
        return self._next_sweep if settle_at is None else min(self._next_sweep, settle_at)

    def _drain(self, notified: Listener) -> None:
        deadline = time.monotonic() + _DRAIN_SECONDS
        while self._scheduler.in_flight and time.monotonic() < deadline:
            notified.wait(seconds=0.2)
            self._scheduler.settle()

    def _sweep(self) -> None:
        started = time.monotonic()
        at = clock.now()
        tables = [kind.table for kind in self.kinds]
        self._isolation.run("release", partial(workers.release_dead_leases, tables=tables, at=at), 0)
        for chain in self.planner.behind():
            self._plan(chain)
        swept = self._isolation.run("sweep", partial(self.planner.sweep, at=at, first=not self._swept), None)
        self._swept = self._swept or swept is not None
        elapsed = time.monotonic() - started
        pause = min(max(SWEEP_SECONDS, elapsed * _SWEEP_SHARE), _LONGEST_PAUSE)
        self._next_sweep = time.monotonic() + pause
        if time.monotonic() >= self._next_heartbeat:
            beat = partial(heartbeats.record, kind=heartbeats.ProcessKind.DELIVER)
            self._isolation.run("heartbeat", beat, None)
            self._next_heartbeat = time.monotonic() + heartbeats.EVERY_SECONDS

    def _background_maintenance(self) -> None:
        """Seal events, flush repeated refusals, sign checkpoints and run the chores, once a second and at the end."""
        signer = Signer()
        outages = [Outage(names_database=False) for _ in range(3 + len(self.chores))]
        pause, is_last = SWEEP_SECONDS, False
        while not is_last:
            is_last = self._stopping.wait(pause)
            tasks: tuple[Callable[[], object], ...] = (
                sealing.seal_all,
                partial(signer.run, now=is_last),
                refusals.flush_repeats,
                *self.chores,
            )
            # A task that fails delays no other one.
            pause = min(_attempt(task, outage) for task, outage in zip(tasks, outages, strict=True))
        connection.close()


def _attempt(task: Callable[[], object], outage: Outage) -> float:
    """Run the task, and return the seconds until its next run. A task that waits too long for a lock fails."""
    try:
        # In the session, because a task has several transactions; a failed task takes the connection with it.
        isolation.limit_waits()
        task()
    except Exception as error:  # noqa: BLE001 - the thread must survive: without it nothing more is sealed
        connection.close()
        return max(outage.failed(error), SWEEP_SECONDS)
    outage.ended()
    return SWEEP_SECONDS


def _tune_connection() -> None:
    """Let the database join in the order of our statements, and not wait for its disk.

    Every statement begins at the few rows that it is about; searching for a better order took 5 ms of the 7 ms that
    computing one person's rights cost. What a crash of the database may forget here, the last fraction of a second of
    plans, leases and outcomes, is repeated: the log is read on from a cursor that was forgotten with them. Only the
    calls still in flight are no longer recorded; therefore each new connection begins with `DeliveryKind.recover`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET join_collapse_limit = 1")
        cursor.execute("SET synchronous_commit = off")
    isolation.limit_waits()
