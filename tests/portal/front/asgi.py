"""One request to the front, without a server: a scope, the messages of its body, and what is sent back."""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.front.application import Front

FORM = "application/x-www-form-urlencoded"
Message = dict[str, Any]


@dataclass
class Exchange:
    """What the front sent back."""

    sent: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    def json(self) -> Any:
        return json.loads(self.body)


def scope(path: str, method: str = "GET", *, client: str = "203.0.113.7", **headers: str) -> Message:
    named = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "http_version": "1.1",
        "path": path,
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "client": (client, "5"),
        "server": ("127.0.0.1", "8000"),
        "extensions": {},
    }


def part(data: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": data, "more_body": more}


def receiver(messages: Iterable[Message]) -> Callable[[], Any]:
    """Give these messages, then nothing, as a client that waits."""
    waiting = iter(messages)

    async def receive() -> Message:
        for message in waiting:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    return receive


async def exchange(front: Front, request: Message, messages: Sequence[Message] = ()) -> Exchange:
    seen = Exchange()
    await front(request, receiver(messages), seen.send)
    return seen
