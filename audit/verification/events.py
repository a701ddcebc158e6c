"""One event by itself: its body matches its hash, its columns match its body."""

import datetime as dt
import hashlib
import json
import uuid
from typing import NamedTuple

from audit.log import ledger
from audit.verification.report import Report


class Row(NamedTuple):
    """Holds the columns of one event, as they are stored."""

    id: uuid.UUID
    at: dt.datetime
    chain: uuid.UUID
    seq: int | None
    act: uuid.UUID
    verb: str
    outcome: str
    actor_kind: str
    actor: uuid.UUID
    subject_kind: str
    subject: uuid.UUID
    organization: uuid.UUID | None
    incarnation: int
    prev: bytes | None
    hash: bytes
    body: bytes


def verify(report: Report, row: Row) -> None:
    """Verify one event without its neighbours."""
    body = bytes(row.body)
    if hashlib.sha256(body).digest() != bytes(row.hash):
        report.add("body changed", row.chain, row.seq, row.id)
    elif _columns(row) != _columns_from_body(body):
        report.add("column changed", row.chain, row.seq, row.id)


def _columns(row: Row) -> dict[str, object]:
    """Return the columns in the form that the body has."""
    columns = {name: _text(value) for name, value in row._asdict().items() if name not in {"hash", "body"}}
    return columns | {
        "at": ledger.format_instant(row.at),
        "prev": None if row.prev is None else bytes(row.prev).hex(),
    }


def _text(value: object) -> object:
    return str(value) if isinstance(value, uuid.UUID) else value


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
        return {name: nested.get(name, content.get(name)) for name in Row._fields[:-2]}
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
