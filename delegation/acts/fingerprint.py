"""What a command is called with, as canonical JSON: tells a repetition from another request under the same key."""

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
"""Metadata of a dataclass field that differs when the same request comes again, such as a salted hash."""
_NOT_FINGERPRINTED = frozenset({"actor", "idempotency_key"})
"""The key is looked up for its actor; neither says what is requested."""
_signature = functools.cache(inspect.signature)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a command."""

    function: Callable[..., object]
    arguments: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """The command and every argument, texts too, in clear: only a keyed hash of it may be stored.

        Raises TypeError for an argument that has no canonical form.
        """
        named = {name: _canonical(value) for name, value in self.arguments.items()}
        return _encoded({"command": self.function.__name__, "arguments": named})


_current: ContextVar[Call | None] = ContextVar("call", default=None)


def call_of(function: Callable[..., object], *args: Any, **kwargs: Any) -> Call:
    """The call with its defaults filled in. Raises TypeError as the call itself would."""
    bound = _signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return Call(
        function,
        {name: value for name, value in bound.arguments.items() if name not in _NOT_FINGERPRINTED},
    )


@contextmanager
def calling(call: Call) -> Iterator[None]:
    """Around the body of a command."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Call:
    """The call of the command under way. Raises TypeError outside a command: only a command has an idempotency key."""
    call = _current.get()
    if call is None:
        raise TypeError("An idempotency key needs @command: it compares the arguments of the two calls.")
    return call


def _canonical(value: Any) -> Any:
    """JSON in which equal requests are equal: models by id, and no order where there is none."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Model | uuid.UUID):
        return _id(value)
    if isinstance(value, Decimal | dt.datetime):
        return str(value)
    if is_dataclass(value):
        return {
            one.name: _canonical(getattr(value, one.name))
            for one in fields(value)
            if one.metadata.get("fingerprint", True)
        }
    if isinstance(value, Mapping):
        return [[_canonical(key), _canonical(value[key])] for key in sorted(value)]
    if isinstance(value, Sequence | AbstractSet):
        return _canonical_collection(value)
    raise TypeError(f"{type(value).__name__} has no canonical form: pass plain values to commands.")


def _canonical_collection(values: Iterable[Any]) -> list[Any]:
    """Rows are a set of subjects: neither their order nor a repetition says anything."""
    kept = list(values)
    if kept and all(isinstance(one, Model) for one in kept):
        return sorted({_id(one) for one in kept})
    found = [_canonical(one) for one in kept]
    return sorted(found, key=_encoded) if isinstance(values, AbstractSet) else found


def _id(value: Model | uuid.UUID) -> str:
    return str(value.pk if isinstance(value, Model) else value)


def _encoded(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
