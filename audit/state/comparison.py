"""One statement per table folds the events in PostgreSQL and joins the result with the table's rows."""

import datetime as dt
import itertools
import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit import personal_data
from audit.foundation import db
from audit.foundation.snapshot import stream
from audit.state import declarations
from audit.state.declarations import Rebuilt

_BATCH = 2000
EventKey = tuple[uuid.UUID, dt.datetime]
"""Identifies an event by id and instant: the id alone may be that of an authentic event too."""
ROW = "(row)"
"""Stands for the column where the whole row is missing on one side."""

# The planner cannot estimate conditions on JSON: by nested loops the users of 5,000 people took 30 s, by hashes 2 s.
_SETTINGS = (
    "SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true),"
    " set_config('jit', 'off', true)"  # a plan without nested loops looks costly enough to be compiled each time
)

# The body of an event is parsed once, and only where the event is read.
_STATEMENT = """
WITH parsed AS MATERIALIZED (
    SELECT id, at, chain, seq, act, verb, outcome, actor_kind, actor, subject_kind, subject, organization,
           convert_from(body, 'UTF8')::jsonb AS content
    FROM audit_event
    WHERE outcome <> 'refused' AND ({events}) AND (id, at) NOT IN (
        SELECT * FROM unnest(%(excluded_ids)s::uuid[], %(excluded_instants)s::timestamptz[])
    )
),
event AS (
    SELECT id, at, chain, seq, act, verb, outcome, actor_kind, actor, subject_kind, subject, organization,
           content -> 'before' AS before, content -> 'after' AS after, content -> 'facts' AS facts,
           content -> 'personal' AS personal
    FROM parsed
    -- Repeats of a refusal or a failure change nothing (audit.log.refusals).
    WHERE NOT coalesce(content -> 'facts' ? 'repeats', false)
),
expected AS ({expected}),
actual AS ({actual})
SELECT {key}, e.is_present, a.is_present{values}
FROM (SELECT *, true AS is_present FROM expected) e
FULL JOIN (SELECT *, true AS is_present FROM actual) a USING ({key})
WHERE CASE WHEN e.is_present IS NULL THEN true
           WHEN a.is_present IS NULL THEN NOT ({absence})
           ELSE {differs} END
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Describes one difference between the log and a table, without personal values."""

    table: str
    key: str
    column: str
    text: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.column}: {self.text}"


@dataclass(slots=True)
class TableComparison:
    """Compares one table; iterating over it yields the differences."""

    table: Rebuilt
    excluded: Collection[EventKey]
    at: dt.datetime
    rows: int = 0
    unread: dict[str, int] = field(default_factory=dict)
    """By column: the values that the log has without a readable text, because their key was destroyed or missing.

    Verification of the log names every key that is missing without an event.
    """

    def __iter__(self) -> Iterator[Difference]:
        ids, instants = [event for event, _ in self.excluded], [at for _, at in self.excluded]
        params = {"excluded_ids": ids, "excluded_instants": instants, "at": self.at}
        count = db.fetch_one(f"SELECT count(*) FROM ({self.table.actual}) a", params)  # noqa: S608 - declared SQL
        (self.rows,) = count or (0,)
        rows = stream(_statement(self.table), params)
        while batch := list(itertools.islice(rows, _BATCH)):
            yield from self._differences(batch)

    def _differences(self, batch: Sequence[tuple[Any, ...]]) -> Iterator[Difference]:
        keys = personal_data.load_keys(data_subjects=self._data_subjects(batch))
        width = len(self.table.key)
        for row in batch:
            key = ", ".join(f"{name}={value}" for name, value in zip(self.table.key, row, strict=False))
            expected, actual = row[width : width + 2]
            if not (expected and actual):
                missing = (
                    "the log has it, the table does not" if expected else "the table has it, the log does not"
                )
                yield Difference(self.table.table, key, ROW, missing)
                continue
            yield from self._different_columns(key, row[width + 2 :], keys)

    def _different_columns(
        self, key: str, values: Sequence[Any], keys: Mapping[uuid.UUID, bytes]
    ) -> Iterator[Difference]:
        pairs = list(zip(values[::2], values[1::2], strict=True))
        plain = len(self.table.columns)
        for column, (logged, stored) in zip(self.table.columns, pairs[:plain], strict=True):
            if logged != stored:
                yield Difference(
                    self.table.table,
                    key,
                    column,
                    f"the log says {_shown(logged)}, the table {_shown(stored)}",
                )
        for column, (logged, stored) in zip(self.table.encrypted, pairs[plain:], strict=True):
            if self._differs(column, logged, stored, keys):
                yield Difference(self.table.table, key, column, "the log and the table differ")

    def _differs(
        self, column: str, ciphertext: str | None, stored: str, keys: Mapping[uuid.UUID, bytes]
    ) -> bool:
        text = (
            "" if ciphertext is None else personal_data.decrypt(encrypted=json.loads(ciphertext), keys=keys)
        )
        if text is None:
            self.unread[column] = self.unread.get(column, 0) + 1
        return text not in {None, stored}

    def _data_subjects(self, batch: Sequence[tuple[Any, ...]]) -> set[uuid.UUID]:
        if not self.table.encrypted:
            return set()
        first = len(self.table.key) + 2 + 2 * len(self.table.columns)
        values = [value for row in batch for value in row[first::2] if value]
        return {uuid.UUID(person) for value in values for person in json.loads(value)["data_subjects"]}


def _statement(table: Rebuilt) -> str:
    compared = [f'"{name}"' for name in (*table.columns, *table.encrypted)]
    differing = [f"e.{name} IS DISTINCT FROM a.{name}" for name in compared[: len(table.columns)]]
    # Encrypted values are compared here in Python, so every row that has one is read.
    differing += ["true"] if table.encrypted else []
    return _STATEMENT.format(
        events=table.events,
        expected=table.expected,
        actual=table.actual,
        key=", ".join(f'"{name}"' for name in table.key),
        values="".join(f", e.{name}, a.{name}" for name in compared),
        absence=table.absence,
        differs=" OR ".join(differing) or "false",
    )


def _shown(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return "nothing" if value is None else str(value)


def compare(*, excluded: Collection[EventKey], at: dt.datetime) -> Iterator[TableComparison]:
    """Yield the comparison of each table that is rebuilt, without the events of `excluded`.

    The caller iterates over each, in one snapshot of the database.
    """
    db.fetch_all(_SETTINGS)
    for table in declarations.rebuilt():
        yield TableComparison(table, excluded, at)
