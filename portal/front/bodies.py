"""A request's whole body is collected within a deadline and a size cap, before any thread works on it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from portal.front import limits

Receive = Callable[[], Awaitable[dict[str, Any]]]


class BodyTooLarge(Exception):
    """The body is larger than its kind of endpoint reads."""


class BodyTooSlow(Exception):
    """The body missed the deadline, or was the oldest when memory was full or its address had too many under way."""


class ClientGone(Exception):
    """The client closed the connection before the end of its body."""


@dataclass(eq=False, slots=True)
class _Incomplete:
    """Holds the part of one body that has arrived."""

    address: str
    deadline: asyncio.Timeout
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0


class Bodies:
    """Collects the bodies of one worker.

    Memory counts as it arrives, not as it is announced: announcing costs a stranger nothing. When the memory is full,
    or one address has too many bodies under way, the oldest are refused: an honest body is complete in milliseconds.
    """

    def __init__(self) -> None:
        self._size = 0
        # Dictionaries keep the order of arrival.
        self._all: dict[_Incomplete, None] = {}
        self._by_address: dict[str, dict[_Incomplete, None]] = {}

    async def collect(self, receive: Receive, *, cap: int, announced: int | None, address: str) -> bytes:
        """Return the whole body; `announced` is its Content-Length, None for a chunked one.

        Raises BodyTooLarge, BodyTooSlow, ClientGone.
        """
        if announced is not None and announced > cap:
            raise BodyTooLarge
        try:
            async with asyncio.timeout(limits.BODY_SECONDS) as deadline:
                body = _Incomplete(address, deadline)
                try:
                    self._enter(body)
                    return await self._read(receive, body, cap=cap, announced=announced)
                finally:
                    self._leave(body)
        except TimeoutError as error:
            raise BodyTooSlow from error

    async def _read(self, receive: Receive, body: _Incomplete, *, cap: int, announced: int | None) -> bytes:
        more = True
        while more and body.size != announced:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientGone
            more = message.get("more_body", False)
            self._add(body, message.get("body", b""))
            if body.size > cap:
                raise BodyTooLarge
        return b"".join(body.chunks)

    def _add(self, body: _Incomplete, chunk: bytes) -> None:
        body.chunks.append(chunk)
        body.size += len(chunk)
        if body in self._all:
            self._size += len(chunk)
        while self._size > limits.BODIES_BYTES:
            self._refuse_oldest(self._all)

    def _enter(self, body: _Incomplete) -> None:
        siblings = self._by_address.setdefault(body.address, {})
        siblings[body] = None
        self._all[body] = None
        if len(siblings) > limits.BODIES_PER_ADDRESS:
            self._refuse_oldest(siblings)

    def _refuse_oldest(self, bodies: dict[_Incomplete, None]) -> None:
        oldest = next(iter(bodies))
        self._leave(oldest)
        if not oldest.deadline.expired():  # else it is being refused in this turn of the loop
            oldest.deadline.reschedule(0)  # one way out for every body that is too slow

    def _leave(self, body: _Incomplete) -> None:
        if body not in self._all:  # it was refused as the oldest
            return
        del self._all[body]
        self._size -= body.size
        siblings = self._by_address[body.address]
        del siblings[body]
        if not siblings:
            del self._by_address[body.address]


async def drain(receive: Receive) -> None:
    """Read and drop a part of a refused body: a reset of the connection would reach the client before the refusal."""
    size, more = 0, True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limits.DRAIN_SECONDS):
            while more and size <= limits.DRAIN_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
