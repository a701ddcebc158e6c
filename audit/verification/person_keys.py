"""Each key that a personal value needs exists and opens it, or a chained event says that it was destroyed."""

import uuid
from collections.abc import Mapping
from typing import Any

from audit import personal_data
from audit.foundation.snapshot import stream
from audit.verification.report import Report

_CHUNK = 2000
_ALL = "SELECT id, wrapped FROM audit_person_key"


class PersonKeys:
    """Decrypts the personal values of all events, and collects the keys that chained events destroyed."""

    def __init__(self) -> None:
        self._unchecked: list[tuple[uuid.UUID, Mapping[str, Any]]] = []
        self._missing: dict[uuid.UUID, uuid.UUID] = {}
        """The first event of each person without a key."""
        self._unreadable: dict[uuid.UUID, uuid.UUID] = {}
        """The first event of each person with another key than the value's."""
        self._destroyed: set[uuid.UUID] = set()

    def add(self, *, event: uuid.UUID, is_chained: bool, content: Mapping[str, Any]) -> None:
        """Collect from one authentic event."""
        self._unchecked.extend((event, value) for value in content["personal"].values())
        if is_chained:
            self._destroyed |= {uuid.UUID(key) for key in content["facts"].get(personal_data.DESTROYED, ())}
        if len(self._unchecked) >= _CHUNK:
            self._check()

    def _check(self) -> None:
        values, self._unchecked = self._unchecked, []
        people = {uuid.UUID(name) for _, value in values for name in value["data_subjects"]}
        keys = personal_data.load_keys(data_subjects=people)
        for event, value in values:
            subjects = [uuid.UUID(name) for name in value["data_subjects"]]
            for person in subjects:
                if person not in keys:
                    self._missing.setdefault(person, event)
            is_complete = value["ciphertext"] and all(keys.get(person) for person in subjects)
            if is_complete and personal_data.decrypt(encrypted=value, keys=keys) is None:
                self._unreadable.setdefault(subjects[-1], event)

    def verify(self, report: Report) -> None:
        """Name each key that is missing, is another one, does not open, or exists although it was destroyed.

        Raises MissingKey and UnusableFile.
        """
        self._check()
        for person, event in self._missing.items():
            if person not in self._destroyed:
                report.add("person key missing", person, None, event)
        for person, event in self._unreadable.items():
            report.add("person key does not open a value of the log", person, None, event)
        for person, wrapped in stream(_ALL):
            self._verify_row(report, person, bytes(wrapped))

    def _verify_row(self, report: Report, person: uuid.UUID, wrapped: bytes) -> None:
        is_destroyed = person in self._destroyed
        if wrapped and is_destroyed:
            report.add("destroyed person key exists", person)
        elif wrapped and not personal_data.opens(person=person, wrapped=wrapped):
            report.add("person key does not open", person)
        elif not wrapped and not is_destroyed and person not in self._missing:
            report.add("person key missing", person)
