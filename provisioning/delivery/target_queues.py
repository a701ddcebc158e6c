"""Each target has its own queue and threads, so that a slow target delays no other."""

import itertools
import queue
import threading
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

WIDTH = 16
"""Concurrent calls of one queue."""
DEPTH = 64
"""Tasks leased in advance for one queue, so that leases and outcomes go in batches."""
_IDLE_SECONDS = 20.0

Job = Callable[[], None]


@dataclass(slots=True)
class _TargetQueue:
    waiting: "queue.PriorityQueue[tuple[int, int, Job]]" = field(default_factory=queue.PriorityQueue)
    threads: int = 0


@dataclass(slots=True)
class TargetQueues:
    """Runs jobs in threads, lower priority numbers first."""

    width: int = WIDTH
    _in_flight: Counter[Hashable] = field(default_factory=Counter)
    _queues: dict[Hashable, _TargetQueue] = field(default_factory=dict)
    _order: "itertools.count[int]" = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def submit(self, *, target: Hashable, priority: int, job: Job) -> None:
        """Run `job`, which must not raise, when the queue has room. The caller calls `done` after its outcome."""
        with self._lock:
            self._in_flight[target] += 1
            jobs = self._queues.setdefault(target, _TargetQueue())
            jobs.waiting.put((priority, next(self._order), job))
            if jobs.threads < min(self.width, self._in_flight[target]):
                jobs.threads += 1
                name = f"deliver {target}"
                threading.Thread(target=self._serve, args=(jobs,), name=name, daemon=True).start()

    def done(self, *, target: Hashable) -> None:
        """Count one job of the queue as finished."""
        with self._lock:
            self._in_flight[target] -= 1
            if not self._in_flight[target]:
                del self._in_flight[target]

    def in_flight(self) -> dict[Hashable, int]:
        """Count the submitted and unfinished jobs of each queue."""
        with self._lock:
            return dict(self._in_flight)

    def _serve(self, jobs: _TargetQueue) -> None:
        while True:
            try:
                _, _, job = jobs.waiting.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if jobs.waiting.empty():
                        jobs.threads -= 1
                        return
                continue
            job()
