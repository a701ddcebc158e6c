"""Lanes: a bounded pool of threads with a bounded queue for each kind of endpoint.

A flood in one lane leaves the others answering. All counters belong to the event loop's thread, so they need no lock.
"""

import asyncio
import queue
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple[Callable[[], Any], "asyncio.Future[Any]", str]


class LaneFull(Exception):
    """No thread is free and the queue is full, or one address occupies its whole share."""


class Lane:
    """Runs jobs on threads of its own.

    One address may occupy half of the places, threads and queue together: no address fills a lane alone.
    """

    def __init__(self, name: str, *, threads: int, waiting: int) -> None:
        self._capacity = threads + waiting
        self._share = max(1, self._capacity // 2)
        self._in_flight = 0
        self._by_address: Counter[str] = Counter()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, job: Callable[[], T], *, address: str) -> T:
        """Run the job on a thread and return its result. Raises LaneFull, and what the job raises."""
        if self._in_flight >= self._capacity or self._by_address[address] >= self._share:
            raise LaneFull
        self._in_flight += 1
        self._by_address[address] += 1
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put((job, future, address))
        return await future

    def close(self) -> None:
        """End the threads after the jobs that wait."""
        for _thread in self._threads:
            self._jobs.put(None)

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
        self._in_flight -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
        if future.done():  # its request was cancelled
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
