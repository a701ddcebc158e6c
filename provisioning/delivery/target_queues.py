"""Threads for calls to other systems: each system has a lane of its own, so that a slow one delays nobody else."""

import itertools
import queue
import threading
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

WIDTH = 16
"""Calls at a time in one lane."""
DEPTH = 64
"""AlreadyExists in advance for one lane, so that leases and answers go in batches."""
_IDLE_SECONDS = 20.0

Job = Callable[[], None]


@dataclass(slots=True)
class _TargetQueue:
    waiting: "queue.PriorityQueue[tuple[int, int, Job | None]]" = field(default_factory=queue.PriorityQueue)
    threads: int = 0


@dataclass(slots=True)
class TargetQueues:
    """Runs jobs lane by lane, lower priority numbers first."""

    width: int = WIDTH
    busy: Counter[Hashable] = field(default_factory=Counter)
    _lanes: dict[Hashable, _TargetQueue] = field(default_factory=dict)
    _order: "itertools.count[int]" = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, *, lane: Hashable, priority: int, job: Job) -> None:
        """Run `job`, which must not raise, when the lane has room. The caller says `done` once it has the answer."""
        with self._lock:
            self.busy[lane] += 1
            held = self._lanes.setdefault(lane, _TargetQueue())
            held.waiting.put((priority, next(self._order), job))
            if held.threads < min(self.width, self.busy[lane]):
                held.threads += 1
                threading.Thread(target=self._serve, args=(held,), name=f"lane {lane}", daemon=True).start()

    def done(self, *, lane: Hashable) -> None:
        """One job of the lane is over."""
        with self._lock:
            self.busy[lane] -= 1
            if not self.busy[lane]:
                del self.busy[lane]

    def load(self) -> dict[Hashable, int]:
        """How much is under way, by lane."""
        with self._lock:
            return dict(self.busy)

    def _serve(self, lane: _TargetQueue) -> None:
        while True:
            try:
                _, _, job = lane.waiting.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if lane.waiting.empty():
                        lane.threads -= 1
                        return
                continue
            if job is not None:
                job()
