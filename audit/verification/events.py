"""One event by itself: its body matches its hash, its columns its body, and its MAC is right."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from audit.log import integrity
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
    mac: bytes


def verify(report: Report, row: Row, *, mac_keys: Mapping[str, bytes]) -> None:
    """Verify one event without its neighbours."""
    for problem in integrity.problems(event=row, mac_keys=mac_keys):
        report.add(problem, row.chain, row.seq, row.id)
