"""A message of a job has a task, an id, arguments and an expiry. Everything else in it is refused or left out.

Celery reads far more: callbacks, chains, compressed bodies, any nesting. A message that ends the worker while it is
read comes back after a restart.
"""

import datetime as dt
import json
import uuid
from collections.abc import Container, Mapping
from typing import Any, NamedTuple

MAX_BYTES = 16 * 1024
_MAX_ARGUMENTS = 4
_MAX_ARGUMENT = 100
_ALONE = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


class Unreadable(ValueError):
    """The product did not send this message; the text says what is wrong with it."""


class Job(NamedTuple):
    """Holds the parts of one message that a worker needs."""

    task: str
    id: uuid.UUID
    arguments: list[str]
    expires: str | None

    def headers(self) -> dict[str, Any]:
        """Return the headers of Celery's message protocol 2."""
        return {
            "lang": "py", "task": self.task, "id": str(self.id), "root_id": str(self.id), "parent_id": None,
            "group": None, "retries": 0, "timelimit": [None, None], "eta": None, "expires": self.expires,
            "argsrepr": repr(self.arguments), "kwargsrepr": "{}", "ignore_result": True,
        }  # fmt: skip

    def body(self) -> bytes:
        """Return the body of Celery's message protocol 2 as JSON."""
        return json.dumps([self.arguments, {}, _ALONE]).encode()


def parse(*, headers: object, body: object, tasks: Container[str]) -> Job:
    """Read the headers and the body of a message of protocol 2. Raises Unreadable."""
    if not isinstance(headers, Mapping):
        raise Unreadable("no headers")
    task = headers.get("task")
    if not isinstance(task, str) or task not in tasks:
        raise Unreadable("unknown task")
    return Job(task, _id(headers.get("id")), _arguments(load(body)), _expires(headers.get("expires")))


def load(text: object) -> Any:
    """Read JSON of at most MAX_BYTES. Raises Unreadable."""
    if not isinstance(text, str | bytes):
        raise Unreadable("no text")
    if len(text) > MAX_BYTES:
        raise Unreadable("too large")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON, or nested too deeply") from error


def _id(text: object) -> uuid.UUID:
    try:
        return uuid.UUID(str(text))
    except ValueError as error:
        raise Unreadable("no id") from error


def _arguments(content: object) -> list[str]:
    match content:
        case [list() as arguments, dict() as keywords, dict()] if not keywords:
            if len(arguments) <= _MAX_ARGUMENTS and all(map(_is_argument, arguments)):
                return arguments
    raise Unreadable("other arguments than a few short texts")


def _is_argument(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_ARGUMENT


def _expires(text: object) -> str | None:
    if text is None:
        return None
    try:
        at = dt.datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Unreadable("no instant") from error
    if at.tzinfo is None:
        raise Unreadable("no instant")
    return at.isoformat()
