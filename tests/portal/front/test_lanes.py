"""Lanes: a full one refuses, and leaves the others and a second address alone."""

import asyncio
import sys
import threading
from collections.abc import Callable

import pytest

from portal.front.lanes import Lane, LaneFull
from tests.fixtures import event_loops


def test_result_and_exception_of_a_job_reach_the_caller() -> None:
    async def run() -> tuple[str, object]:
        lane = Lane("test", threads=1, waiting=1)
        name = await lane.run(lambda: threading.current_thread().name, address="a")
        failed = await asyncio.gather(lane.run(lambda: 1 // 0, address="a"), return_exceptions=True)
        lane.close()
        return name, failed[0]

    name, error = event_loops.run(run())
    assert name == "test-0"
    assert isinstance(error, ZeroDivisionError)


def test_full_lane_refuses_and_serves_again_when_it_is_free() -> None:
    async def run() -> list[object]:
        lane, gate = Lane("test", threads=1, waiting=1), threading.Event()
        jobs = [asyncio.ensure_future(lane.run(gate.wait, address=address)) for address in ("a", "b")]
        await asyncio.sleep(0)
        with pytest.raises(LaneFull):
            await lane.run(gate.wait, address="c")
        gate.set()
        results: list[object] = [*await asyncio.gather(*jobs), await lane.run(gate.wait, address="c")]
        lane.close()
        return results

    assert event_loops.run(run()) == [True, True, True]


def test_one_address_occupies_half_of_a_lane_at_most() -> None:
    async def run() -> object:
        lane, gate = Lane("test", threads=2, waiting=2), threading.Event()
        jobs = [asyncio.ensure_future(lane.run(gate.wait, address="flood")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(LaneFull):
            await lane.run(gate.wait, address="flood")
        other = asyncio.ensure_future(lane.run(lambda: "served", address="other"))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*jobs)
        lane.close()
        return await other

    assert event_loops.run(run()) == "served"


class Gates:
    """Jobs that say that they have started and wait for the end of the test."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.open = threading.Event()

    def job(self, name: str) -> Callable[[], bool]:
        def run() -> bool:
            self.started.append(name)
            return self.open.wait(30)

        return run


@pytest.mark.parametrize(("threads", "occupied"), [(4, 2), (5, 2)])
def test_one_address_occupies_half_of_the_threads_at_most(threads: int, occupied: int) -> None:
    gates = Gates()

    async def run() -> object:
        lane = Lane("test", threads=threads, waiting=64)
        flood = [asyncio.ensure_future(lane.run(gates.job("flood"), address="flood")) for _ in range(10)]
        await asyncio.sleep(0)
        served = asyncio.ensure_future(lane.run(lambda: list(gates.started), address="other"))
        seen = await served
        gates.open.set()
        await asyncio.gather(*flood)
        lane.close()
        return seen

    seen = event_loops.run(run())
    assert isinstance(seen, list)
    assert len(seen) <= occupied
    assert len(gates.started) == 10


def test_addresses_take_turns_for_a_free_thread() -> None:
    """A single thread, so that the order of the jobs is the order of the turns."""
    gates = Gates()

    async def run() -> None:
        lane = Lane("test", threads=1, waiting=64)
        jobs = [
            asyncio.ensure_future(lane.run(gates.job(f"{address}{number}"), address=address))
            for address, count in (("a", 5), ("b", 2), ("c", 1))
            for number in range(count)
        ]
        await asyncio.sleep(0)
        gates.open.set()
        await asyncio.gather(*jobs)
        lane.close()

    event_loops.run(run())
    assert gates.started == ["a0", "a1", "b0", "c0", "a2", "b1", "a3", "a4"]


def test_closed_lane_finishes_waiting_jobs_and_ends_its_threads() -> None:
    gates = Gates()

    async def run() -> Lane:
        lane = Lane("test", threads=2, waiting=8)
        jobs = [asyncio.ensure_future(lane.run(gates.job("a"), address="a")) for _ in range(4)]
        await asyncio.sleep(0)
        lane.close()
        gates.open.set()
        await asyncio.gather(*jobs)
        return lane

    lane = event_loops.run(run())
    for thread in lane._threads:
        thread.join(30)
    assert (len(gates.started), [thread.is_alive() for thread in lane._threads]) == (4, [False, False])


def test_idle_lane_remembers_no_address() -> None:
    async def run() -> Lane:
        lane = Lane("test", threads=1, waiting=1)
        await lane.run(lambda: None, address="a")
        lane.close()
        return lane

    lane = event_loops.run(run())
    assert (lane._in_flight, lane._running, lane._waiting) == ({}, {}, {})


def test_job_that_would_end_the_process_is_an_error_of_its_request() -> None:
    async def run() -> list[object]:
        lane = Lane("test", threads=1, waiting=1)
        outcome = await asyncio.gather(lane.run(sys.exit, address="a"), return_exceptions=True)
        lane.close()
        return list(outcome)

    assert [type(outcome) for outcome in event_loops.run(run())] == [RuntimeError]
