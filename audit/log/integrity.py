"""Compares one stored event with its own hash, columns and MAC."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any, Protocol

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


def problems(*, event: StoredEvent, mac_keys: Mapping[str, bytes]) -> list[str]:
    """Name what contradicts the event. It is authentic only together with all of its columns."""
    body = bytes(event.body)
    found = []
    if hashlib.sha256(body).digest() != bytes(event.hash):
        found.append("body changed")
    elif _columns(event) != _columns_from_body(body):
        found.append("column changed")
    if not authentication.is_authentic(body=body, mac=bytes(event.mac), keys=mac_keys):
        found.append("not authentic")
    return found


def _columns(event: StoredEvent) -> dict[str, object]:
    """Return the columns in the form that the body has."""
    return {name: _as_in_body(getattr(event, name)) for name in COLUMNS}


def _as_in_body(value: object) -> object:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dt.datetime):
        return canonical.format_instant(value)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _columns_from_body(body: bytes) -> dict[str, object] | None:
    """Return the columns that belong to this body; None for a body that the ledger cannot have written."""
    try:
        content = json.loads(body)
        nested = {
            "actor_kind": content["actor"]["kind"],
            "actor": content["actor"]["id"],
            "subject_kind": content["subject"]["kind"],
            "subject": content["subject"]["id"],
        }
        return {name: nested.get(name, content.get(name)) for name in COLUMNS}
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
