"""A command's arguments as canonical JSON distinguish a repeated request from another one under the same key."""

import datetime as dt
import functools
import inspect
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model

CHANGES_EACH_TIME: Mapping[str, Any] = {"fingerprint": False}
"""Metadata of a dataclass field that differs in a repeated request, such as a salted hash."""
_NOT_FINGERPRINTED = frozenset({"actor", "idempotency_key"})
"""The record is looked up by actor and key; neither is part of the request."""
_signature = functools.cache(inspect.signature)


@dataclass(frozen=True, slots=True)
class CommandCall:
    """Names a command and all its arguments."""

    function: Callable[..., object]
    arguments: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """Return the command and every argument in clear text: only a keyed hash of it may be stored.

        Raises TypeError for an argument that has no canonical form.
        """
        arguments = {name: _canonical(value) for name, value in self.arguments.items()}
        return _encoded({"command": self.function.__name__, "arguments": arguments})


_current: ContextVar[CommandCall | None] = ContextVar("call", default=None)


def call_of(function: Callable[..., object], *args: Any, **kwargs: Any) -> CommandCall:
    """Bind the arguments and the defaults. Raises TypeError as the call itself would."""
    bound = _signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return CommandCall(
        function,
        {name: value for name, value in bound.arguments.items() if name not in _NOT_FINGERPRINTED},
    )


@contextmanager
def calling(call: CommandCall) -> Iterator[None]:
    """Set the current call while the body of a command runs."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> CommandCall:
    """Return the call of the command under way. Raises TypeError outside a command."""
    call = _current.get()
    if call is None:
        raise TypeError("An idempotency key needs @command: it compares the arguments of the two calls.")
    return call


def _canonical(value: Any) -> Any:
    """Convert to JSON that is equal for equal requests: models by id, sets in sorted order."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Model | uuid.UUID):
        return _id(value)
    if isinstance(value, Decimal | dt.datetime):
        return str(value)
    if is_dataclass(value):
        return {
            column.name: _canonical(getattr(value, column.name))
            for column in fields(value)
            if column.metadata.get("fingerprint", True)
        }
    if isinstance(value, Mapping):
        return [[_canonical(key), _canonical(value[key])] for key in sorted(value)]
    if isinstance(value, Sequence | AbstractSet):
        return _canonical_collection(value)
    raise TypeError(f"{type(value).__name__} has no canonical form: pass plain values to commands.")


def _canonical_collection(values: Iterable[Any]) -> list[Any]:
    """Sort rows and drop repetitions: a set of subjects has no order, so neither is part of the request."""
    items = list(values)
    if items and all(isinstance(item, Model) for item in items):
        return sorted({_id(item) for item in items})
    canonical = [_canonical(item) for item in items]
    return sorted(canonical, key=_encoded) if isinstance(values, AbstractSet) else canonical


def _id(value: Model | uuid.UUID) -> str:
    return str(value.pk if isinstance(value, Model) else value)


def _encoded(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
