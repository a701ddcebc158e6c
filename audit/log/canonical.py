"""Each body of an event has one form of bytes, which is hashed (RFC 8785)."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

_MAX_EXACT = 2**53 - 1
"""The largest integer that every reader of JSON represents exactly."""


def format_instant(at: dt.datetime) -> str:
    """Format an instant for the log: ISO 8601 in UTC with microseconds."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def encode(body: Mapping[str, Any]) -> bytes:
    """Return the bytes that are hashed: RFC 8785 of strings, integers, true, false, null, lists and objects.

    Raises TypeError for anything else (amounts are decimal strings), ValueError for an integer that not every reader
    of JSON represents exactly (RFC 8785 §3.2.2.3).
    """
    return json.dumps(
        _ordered(body), separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
    ).encode()


def _ordered(value: Any) -> Any:
    """Sort the keys of objects by UTF-16 code units (RFC 8785 §3.2.3)."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if abs(value) > _MAX_EXACT:
            raise ValueError("a number too large for JSON")
        return value
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    raise TypeError(f"{type(value).__name__} does not belong into the log")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")
