"""An event by itself is right where its body matches its hash, its columns its body, and its MAC is valid."""

import datetime as dt
import uuid
from typing import NamedTuple

from audit.foundation import clock
from audit.log import authentication, instants, integrity
from audit.verification.person_keys import PersonKeys
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


class EventVerifier:
    """Verifies events one by one; `person_keys` collects from the authentic ones.

    Raises MissingKey and UnusableFile for the key file that authenticates events.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._mac_keys = authentication.keys_by_id()
        self._latest = clock.now() + instants.MAX_STEP
        self.person_keys = PersonKeys()

    def verify(self, row: Row) -> None:
        """Verify one event without its neighbours."""
        if row.at > self._latest:
            self._report.add("dated in the future", row.chain, row.seq, row.id)
        examined = integrity.examine(event=row, mac_keys=self._mac_keys)
        for problem in examined.problems:
            self._report.add(problem, row.chain, row.seq, row.id)
            self._report.forged.add((row.id, row.at))
        if examined.content is not None and not examined.problems:
            self.person_keys.add(event=row.id, is_chained=row.seq is not None, content=examined.content)
