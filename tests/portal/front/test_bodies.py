"""Incomplete bodies: the deadline, the cap, and what one address and all strangers can occupy."""

import asyncio

import pytest

from portal.front import bodies, limits
from portal.front.bodies import Bodies, BodyTooLarge, BodyTooSlow, ClientGone
from tests.fixtures import event_loops
from tests.portal.front.asgi import part, receiver

CAP = 100


async def collected(parts: list[dict[str, object]], announced: int | None = None) -> bytes:
    return await Bodies().collect(receiver(parts), cap=CAP, announced=announced, address="203.0.113.7")


def test_body_in_parts_is_returned_whole() -> None:
    assert event_loops.run(collected([part(b"ab"), part(b"cd"), part(b"", more=False)])) == b"abcd"


def test_announced_body_is_complete_without_a_last_message() -> None:
    assert event_loops.run(collected([part(b"ab"), part(b"cd")], announced=4)) == b"abcd"


def test_body_announced_above_the_cap_is_refused_before_it_is_read() -> None:
    with pytest.raises(BodyTooLarge):
        event_loops.run(collected([], announced=CAP + 1))


def test_chunked_body_above_the_cap_is_refused_at_the_first_byte_too_many() -> None:
    with pytest.raises(BodyTooLarge):
        event_loops.run(collected([part(b"x" * CAP), part(b"x")]))


def test_body_of_a_client_that_left_is_never_taken_for_a_whole_one() -> None:
    with pytest.raises(ClientGone):
        event_loops.run(collected([part(b"ab"), {"type": "http.disconnect"}]))


def test_body_that_does_not_arrive_within_the_deadline_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.01)
    with pytest.raises(BodyTooSlow):
        event_loops.run(collected([part(b"ab")], announced=4))


async def _start(
    all_bodies: Bodies, addresses: list[str], first: bytes = b"x"
) -> list["asyncio.Task[bytes]"]:
    """Begin one incomplete body for each address, in this order."""
    tasks = []
    for address in addresses:
        collecting = all_bodies.collect(receiver([part(first)]), cap=CAP, announced=CAP, address=address)
        tasks.append(asyncio.ensure_future(collecting))
        await asyncio.sleep(0)
    return tasks


async def _outcomes(tasks: list["asyncio.Task[bytes]"]) -> list[str]:
    for _ in range(5):  # a refusal passes through a few callbacks
        await asyncio.sleep(0)
    outcomes = ["waiting" if not task.done() else type(task.exception()).__name__ for task in tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return outcomes


def test_address_with_too_many_bodies_loses_its_oldest_and_no_other_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "BODIES_PER_ADDRESS", 2)

    async def run() -> list[str]:
        return await _outcomes(await _start(Bodies(), ["other", "slow", "slow", "slow"]))

    assert event_loops.run(run()) == ["waiting", "BodyTooSlow", "waiting", "waiting"]


def test_full_memory_refuses_the_oldest_body_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODIES_BYTES", 25)

    async def run() -> list[str]:
        return await _outcomes(await _start(Bodies(), ["a", "b", "c"], first=b"x" * 10))

    assert event_loops.run(run()) == ["BodyTooSlow", "waiting", "waiting"]


def test_large_chunk_in_full_memory_refuses_as_many_of_the_oldest_as_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "BODIES_BYTES", 42)

    async def run() -> list[str]:
        all_bodies = Bodies()
        small = await _start(all_bodies, ["a", "b"], first=b"x" * 5)
        return await _outcomes([*small, *await _start(all_bodies, ["c"], first=b"x" * 40)])

    assert event_loops.run(run()) == ["BodyTooSlow", "BodyTooSlow", "waiting"]


def test_announced_bytes_occupy_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODIES_BYTES", 25)

    async def run() -> list[str]:
        return await _outcomes(await _start(Bodies(), [str(number) for number in range(20)]))

    assert set(event_loops.run(run())) == {"waiting"}


@pytest.mark.parametrize(
    "end", [part(b"x" * CAP), part(b"", more=False), {"type": "http.disconnect"}], ids=str
)
def test_ended_body_occupies_nothing(end: dict[str, object]) -> None:
    async def run() -> Bodies:
        all_bodies = Bodies()
        collecting = all_bodies.collect(receiver([part(b"x"), end]), cap=CAP, announced=None, address="a")
        await asyncio.gather(collecting, return_exceptions=True)
        return all_bodies

    left = event_loops.run(run())
    assert (left._size, left._all, left._by_address) == (0, {}, {})


def test_body_whose_deadline_has_passed_is_refused_once_and_the_next_one_is_collected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next one arrives in the same turn of the loop, before the late one has left."""
    monkeypatch.setattr(limits, "BODIES_PER_ADDRESS", 1)

    async def run() -> tuple[list[str], Bodies]:
        all_bodies = Bodies()
        late = await _start(all_bodies, ["slow"])
        next(iter(all_bodies._all)).deadline.reschedule(0)
        return await _outcomes([*late, *await _start(all_bodies, ["slow"])]), all_bodies

    outcomes, left = event_loops.run(run())
    assert outcomes == ["BodyTooSlow", "waiting"]
    assert (left._size, left._all, left._by_address) == (0, {}, {})


def test_body_that_could_not_be_entered_occupies_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_self: Bodies, _bodies: object) -> None:
        raise LookupError

    monkeypatch.setattr(limits, "BODIES_PER_ADDRESS", 0)
    monkeypatch.setattr(Bodies, "_refuse_oldest", failing)
    all_bodies = Bodies()
    with pytest.raises(LookupError):
        event_loops.run(all_bodies.collect(receiver([]), cap=CAP, announced=None, address="a"))
    assert (all_bodies._all, all_bodies._by_address) == ({}, {})


def test_drain_ends_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DRAIN_SECONDS", 0.01)
    event_loops.run(bodies.drain(receiver([part(b"x"), part(b"x")])))
