"""The process that tells others: hears what was recorded, plans it at once, delivers with many connections at a time.

One thread speaks with the database and decides; the lanes' threads do network only; housekeeping has its own.
"""

import datetime as dt
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from django.db import connection

from audit import sealing
from audit.foundation import clock
from audit.log import refusals
from provisioning.accounts import planner
from provisioning.accounts.converge import AccountDeliveries
from provisioning.delivery import listener, settle, workers
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.listener import Listener, Notifications
from provisioning.delivery.target_queues import TargetQueues
from provisioning.delivery.task import DeliveryKind, DeliveryOutcome, DeliveryTask
from provisioning.http.pool import Pool
from provisioning.logout.delivery import LogoutDeliveries
from provisioning.mail.smtp import MailDeliveries

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 1.0
_SWEEP_SHARE = 20
"""A sweep that takes long is repeated more rarely, so that it takes a twentieth of the time…"""
_LONGEST_PAUSE = 5.0
"""…but never so rarely that who waits for a retry, a boundary or a putting right would notice."""
_AGAIN_SECONDS = 0.5
_LAST_CALLS_SECONDS = 15.0
_GATHER_SECONDS = 0.01
"""So long an answer may wait for others, to be written down with them in one transaction."""

Ended = tuple[DeliveryKind, DeliveryOutcome]


@dataclass(slots=True)
class Deliverer:
    """Runs until `stop`."""

    pool: Pool = field(default_factory=Pool)
    lanes: TargetQueues = field(default_factory=TargetQueues)
    stopping: threading.Event = field(default_factory=threading.Event)
    _ended: "queue.SimpleQueue[Ended]" = field(default_factory=queue.SimpleQueue)
    _unsettled: list[Ended] = field(default_factory=list)
    _accounts: AccountDeliveries = field(init=False)
    _ear: Listener | None = None
    _next_sweep: float = 0.0
    _settle_at: float = 0.0
    _since: dt.timedelta = planner.LONG_AGO
    _kinds: tuple[DeliveryKind, ...] = ()
    _hungry: tuple[DeliveryKind, ...] = ()
    _more: bool = False

    def __post_init__(self) -> None:
        self._accounts = AccountDeliveries(pool=self.pool)
        # Logouts first: they are one small call each and close open pages.
        self._kinds = (LogoutDeliveries(pool=self.pool), self._accounts, MailDeliveries())

    def run(self) -> None:
        """Deliver until stopped; survives the database going away and coming back."""
        keeper = threading.Thread(target=self._keep_house, name="housekeeping", daemon=True)
        keeper.start()
        while not self.stopping.is_set():
            try:
                with listener.listening() as held:
                    self._ear = held
                    self._next_sweep = 0.0
                    self._listen(held)
            except settle.DATABASE_UNAVAILABLE as error:
                log.warning("deliver.database_gone", error=type(error).__name__)
                connection.close()
                self.stopping.wait(_AGAIN_SECONDS)
            except Exception:
                # A fault of ours in one place must not leave everybody else untold.
                log.exception("deliver.fault")
                connection.close()
                self.stopping.wait(_AGAIN_SECONDS)
        keeper.join(timeout=_LAST_CALLS_SECONDS)
        self.pool.close()

    def stop(self) -> None:
        """Finish what is under way and end; from any thread or a signal handler."""
        self.stopping.set()
        if self._ear is not None:
            self._ear.wake_up()

    def _listen(self, held: Listener) -> None:
        log.info("deliver.listening", number=held.number)
        _tune_connection()
        self._accounts.recall(at=clock.now())
        while not self.stopping.is_set():
            heard = held.wait(seconds=self._next() - time.monotonic())
            self._heed(held, heard)
            if time.monotonic() >= self._next_sweep:
                self._sweep()
                self._lease(held, self._kinds)
        self._finish(held)

    def _heed(self, held: Listener, heard: Notifications) -> None:
        """What follows from notices first, then what has ended; that may have made room for more."""
        planned = [planner.plan(chain=chain) for chain in heard.chains]
        at = max((one.at for one in planned if one.at is not None), default=None)
        self._lease(held, tuple(kind for kind in self._kinds if kind.is_affected_by(heard=heard)), at)
        if self._settle() or self._more:
            self._lease(held, self._hungry)

    def _next(self) -> float:
        """When there is something to do even if nothing is heard."""
        return min(self._next_sweep, self._settle_at) if self._unsettled else self._next_sweep

    def _finish(self, held: Listener) -> None:
        until = time.monotonic() + _LAST_CALLS_SECONDS
        while self.lanes.load() and time.monotonic() < until:
            held.wait(seconds=0.2)
            self._settle()

    def _sweep(self) -> None:
        began = time.monotonic()
        at = clock.now()
        workers.release_dead_leases(at=at)
        for chain in planner.behind():
            planner.plan(chain=chain)
        planner.sweep(at=at, since=self._since)
        self._since = planner.RECENT
        took = time.monotonic() - began
        pause = min(max(SWEEP_SECONDS, took * _SWEEP_SHARE), _LONGEST_PAUSE)
        self._next_sweep = time.monotonic() + pause

    def _lease(self, held: Listener, kinds: tuple[DeliveryKind, ...], at: dt.datetime | None = None) -> None:
        """Take what is due. A kind that gave something may have more, once there is room in its lanes again."""
        if not kinds:
            return
        at, self._more = at or clock.now(), False
        hungry = set(map(id, self._hungry)) - set(map(id, kinds))
        for kind in kinds:
            errands = kind.lease(worker=held.number, at=at, load=self.lanes.load())
            if errands is None:
                continue
            hungry.add(id(kind))
            if not errands:  # what was taken needed no call: there is room already
                self._more = True
                held.wake_up()
            for errand in errands:
                self.lanes.put(lane=errand.lane, priority=errand.priority, job=self._job(kind, errand, held))
        self._hungry = tuple(kind for kind in self._kinds if id(kind) in hungry)

    def _job(self, kind: DeliveryKind, errand: DeliveryTask, held: Listener) -> Callable[[], None]:
        def carry_out() -> None:
            self._ended.put((kind, _ending(errand)))
            held.wake_up()

        return carry_out

    def _settle(self) -> bool:
        """Write down what has ended, and say whether anything had.

        What cannot be written down now, because the database has gone, is kept for later.
        """
        while not self._ended.empty():
            kind, ending = self._ended.get()
            if not self._unsettled:
                self._settle_at = time.monotonic() + _GATHER_SECONDS
            self._unsettled.append((kind, ending))
            self.lanes.done(lane=ending.errand.lane)
        more_to_come = self.lanes.load() and time.monotonic() < self._settle_at
        if not self._unsettled or more_to_come:
            return False
        sorted_out: dict[int, list[DeliveryOutcome]] = defaultdict(list)
        for kind, ending in self._unsettled:
            sorted_out[self._kinds.index(kind)].append(ending)
        at = clock.now()
        for place, endings in sorted_out.items():
            settle.settle(kind=self._kinds[place], endings=endings, at=at)
            self._unsettled = [one for one in self._unsettled if one[0] is not self._kinds[place]]
        return True

    def _keep_house(self) -> None:
        """Give events their place in the log, and settle what was refused; once a second."""
        while not self.stopping.wait(SWEEP_SECONDS):
            try:
                sealing.seal_all()
                refusals.flush_repeats()
            except settle.DATABASE_UNAVAILABLE:
                connection.close()
            except Exception:
                # The thread must live: without it nothing more gets its place in the log.
                log.exception("deliver.housekeeping_fault")
                connection.close()
        connection.close()


def _tune_connection() -> None:
    """Let the database join in the order of our statements, and not wait for its disk.

    Every statement begins at the few rows that it is about; searching for a better order took 5 ms of the 7 ms that
    computing one person's rights cost. And what a crash of the database may forget here, the last fraction of a second
    of plans, leases and answers, is done again: the log is read on from a cursor that was forgotten with them. Only the
    calls still under way are no longer known as such; that is why each new connection begins with `Accounts.recall`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET join_collapse_limit = 1")
        cursor.execute("SET synchronous_commit = off")


def _ending(errand: DeliveryTask) -> DeliveryOutcome:
    try:
        return DeliveryOutcome(errand, result=errand.run())
    except DeliveryError as problem:
        log.info("deliver.problem", lane=str(errand.lane), code=problem.code.value, detail=problem.detail)
        return DeliveryOutcome(errand, problem=problem)
    except Exception:
        log.exception("deliver.fault", lane=str(errand.lane))
        return DeliveryOutcome(errand, problem=DeliveryError(Code.FAULT))
