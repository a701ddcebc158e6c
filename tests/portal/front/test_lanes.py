"""Lanes: a full one refuses, and leaves the others and a second address alone."""

import asyncio
import sys
import threading

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


def test_idle_lane_remembers_no_address() -> None:
    async def run() -> Lane:
        lane = Lane("test", threads=1, waiting=1)
        await lane.run(lambda: None, address="a")
        lane.close()
        return lane

    lane = event_loops.run(run())
    assert (lane._in_flight, lane._by_address) == (0, {})


def test_job_that_would_end_the_process_is_an_error_of_its_request() -> None:
    async def run() -> list[object]:
        lane = Lane("test", threads=1, waiting=1)
        outcome = await asyncio.gather(lane.run(sys.exit, address="a"), return_exceptions=True)
        lane.close()
        return list(outcome)

    assert [type(outcome) for outcome in event_loops.run(run())] == [RuntimeError]
