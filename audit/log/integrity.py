"""Compares one stored event with its own hash, columns and MAC."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from audit.log import authentication, canonical

COLUMNS = (
    "id", "at", "chain", "seq", "act", "verb", "outcome", "actor_kind", "actor", "subject_kind", "subject",
    "organization", "incarnation", "prev",
)  # fmt: skip
"""The columns that copy a value of the body."""


class StoredEvent(Protocol):
    """Has the attributes COLUMNS and these three."""

    @property
    def hash(self) -> Any: ...
    @property
    def body(self) -> Any: ...
    @property
    def mac(self) -> Any: ...


class Examined(NamedTuple):
    """Holds what contradicts an event, and its body; the body is None where the ledger cannot have written it."""

    problems: Sequence[str]
    content: Mapping[str, Any] | None


def examine(*, event: StoredEvent, mac_keys: Mapping[str, bytes]) -> Examined:
    """Compare an event with itself. It is authentic only together with all of its columns."""
    body = bytes(event.body)
    content, columns = _read(body)
    problems = []
    if hashlib.sha256(body).digest() != bytes(event.hash):
        problems.append("body changed")
    elif _columns(event) != columns:
        problems.append("column changed")
    if not authentication.is_authentic(body=body, mac=bytes(event.mac), keys=mac_keys):
        problems.append("not authentic")
    return Examined(problems, content)


def _columns(event: StoredEvent) -> dict[str, object]:
    """Return the columns in the form that the body has."""
    return {name: _as_in_body(getattr(event, name)) for name in COLUMNS}


def _as_in_body(value: object) -> object:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dt.datetime):
        return canonical.format_instant(value)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _read(body: bytes) -> tuple[Mapping[str, Any] | None, Mapping[str, object] | None]:
    """Return the body and the columns that belong to it; None for a body that the ledger cannot have written."""
    try:
        content = json.loads(body)
        nested = {
            "actor_kind": content["actor"]["kind"],
            "actor": content["actor"]["id"],
            "subject_kind": content["subject"]["kind"],
            "subject": content["subject"]["id"],
        }
        return content, {name: nested.get(name, content.get(name)) for name in COLUMNS}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None, None
