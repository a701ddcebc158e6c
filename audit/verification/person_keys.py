"""Each key that a personal value needs exists and opens, or a chained event says that it was destroyed."""

import uuid
from collections.abc import Mapping
from typing import Any

from audit import personal_data
from audit.foundation import db
from audit.foundation.snapshot import stream
from audit.verification.report import Report

_CHUNK = 2000
_EXISTING = "SELECT id FROM audit_person_key WHERE id = ANY(%s)"
_ALL = "SELECT id, wrapped FROM audit_person_key"


class PersonKeys:
    """Collects the data subjects of all events, and the keys that chained events destroyed."""

    def __init__(self) -> None:
        self._unchecked: dict[uuid.UUID, uuid.UUID] = {}
        self._missing: dict[uuid.UUID, uuid.UUID] = {}
        """The first event of each person without a key."""
        self._destroyed: set[uuid.UUID] = set()

    def add(self, *, event: uuid.UUID, is_chained: bool, content: Mapping[str, Any]) -> None:
        """Collect from one authentic event."""
        for value in content["personal"].values():
            for person in value["data_subjects"]:
                self._unchecked.setdefault(uuid.UUID(person), event)
        if is_chained:
            self._destroyed |= {uuid.UUID(key) for key in content["facts"].get(personal_data.DESTROYED, ())}
        if len(self._unchecked) >= _CHUNK:
            self._check()

    def _check(self) -> None:
        existing = {row[0] for row in db.fetch_all(_EXISTING, [list(self._unchecked)])}
        for person, event in self._unchecked.items():
            if person not in existing:
                self._missing.setdefault(person, event)
        self._unchecked = {}

    def verify(self, report: Report) -> None:
        """Name each missing key, and each that the key file does not open. Raises MissingKey and UnusableFile."""
        self._check()
        for person, event in self._missing.items():
            if person not in self._destroyed:
                report.add("person key missing", person, None, event)
        for person, wrapped in stream(_ALL):
            if not personal_data.opens(person=person, wrapped=bytes(wrapped)):
                report.add("person key does not open", person)
