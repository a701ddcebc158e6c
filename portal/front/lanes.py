"""Each kind of endpoint has a lane: a bounded pool of threads with a bounded queue.

A flood in one lane leaves the others answering. All counters belong to the event loop's thread, so they need no lock.
"""

import asyncio
import queue
import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple[Callable[[], Any], "asyncio.Future[Any]", str]


class LaneFull(Exception):
    """No thread is free and the queue is full, or one address occupies half of all places."""


class Lane:
    """Runs jobs on threads of its own.

    One address may occupy half of the threads, and half of all places, threads and queue together. Addresses take turns
    for a free thread: a second address waits for one job of each other address, however many they have in the queue.
    """

    def __init__(self, name: str, *, threads: int, waiting: int) -> None:
        self._capacity = threads + waiting
        self._threads_per_address = max(1, threads // 2)
        self._places_per_address = max(1, self._capacity // 2)
        self._in_flight: Counter[str] = Counter()
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, deque[Job]] = {}
        """Jobs by address, in the order of the addresses' turns."""
        self._closing = False
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, job: Callable[[], T], *, address: str) -> T:
        """Run the job on a thread and return its result. Raises LaneFull, and what the job raises."""
        if self._in_flight.total() >= self._capacity or self._in_flight[address] >= self._places_per_address:
            raise LaneFull
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._in_flight[address] += 1
        self._waiting.setdefault(address, deque()).append((job, future, address))
        self._start_waiting()
        return await future

    def close(self) -> None:
        """Finish the waiting jobs, then end the threads."""
        self._closing = True
        self._start_waiting()

    def _start_waiting(self) -> None:
        """Give each free thread the next job of the address whose turn it is."""
        while self._running.total() < len(self._threads) and (address := self._next_address()) is not None:
            jobs = self._waiting.pop(address)
            self._running[address] += 1
            self._jobs.put(jobs.popleft())
            if jobs:
                self._waiting[address] = jobs
        if self._closing and not self._waiting:
            for _thread in self._threads:
                self._jobs.put(None)

    def _next_address(self) -> str | None:
        return next(
            (address for address in self._waiting if self._running[address] < self._threads_per_address), None
        )

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future, address = item
            result: object = None
            error: Exception | None = None
            try:
                result = job()
            except Exception as raised:  # noqa: BLE001 - the waiting coroutine raises it
                error = raised
            except BaseException as raised:  # noqa: BLE001 - SystemExit would end the worker there
                error = RuntimeError(f"A job raised {type(raised).__name__}")
            future.get_loop().call_soon_threadsafe(self._settle, future, address, result, error)
            del item, job, future, result, error  # an idle thread must not hold the last response

    def _settle(
        self, future: "asyncio.Future[Any]", address: str, result: object, error: Exception | None
    ) -> None:
        for counter in (self._in_flight, self._running):
            counter[address] -= 1
            if not counter[address]:
                del counter[address]
        self._start_waiting()
        if future.done():  # its request was cancelled
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
