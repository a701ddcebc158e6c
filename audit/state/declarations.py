"""Every guarded table is declared here by its app: rebuilt from the events, or not rebuilt with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Reasons for columns that are not compared.
TEXT = "a text for people; no right depends on it"
SORT_KEY = "follows from the name, for the order of lists"
LANGUAGE = "the language of mails; no right depends on it"
TIME_ZONE = "the form of dates; no right depends on it"
CREATED_AT = "an instant for lists; the event has its own"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Declares how the rows of a table follow from the events.

    `expected` and `actual` are SELECTs with the columns of `key`, `columns` and `encrypted`; both may use %(at)s, the
    instant of the comparison. `expected` reads `event`: the events of `events`, with their columns and the parts
    `before`, `after`, `facts` and `personal` of their bodies. A column in `encrypted` holds the log's ciphertext in
    `expected` and the stored text in `actual`.
    """

    table: str
    key: tuple[str, ...]
    events: str
    """A condition over the columns of an event that is not refused."""
    expected: str
    actual: str
    columns: tuple[str, ...] = ()
    encrypted: tuple[str, ...] = ()
    not_compared: Mapping[str, str] = field(default_factory=dict)
    """The other columns of the table, each with the reason."""
    absence: str = "false"
    """A condition over the expected row `e`: its absence from the table is no difference."""


@dataclass(frozen=True, slots=True)
class NotRebuilt:
    """Names a table that does not follow from the events, with the reason."""

    table: str
    reason: str


_tables: dict[str, Rebuilt | NotRebuilt] = {}


def register(*tables: Rebuilt | NotRebuilt) -> None:
    """Add tables. Raises ValueError for a table that is declared twice."""
    for table in tables:
        if table.table in _tables:
            raise ValueError(f"{table.table} is declared twice")
        _tables[table.table] = table


def tables() -> list[Rebuilt | NotRebuilt]:
    """Return all declared tables, by name."""
    return [_tables[name] for name in sorted(_tables)]


def rebuilt() -> list[Rebuilt]:
    """Return the tables that are rebuilt, by name."""
    return [table for table in tables() if isinstance(table, Rebuilt)]


def not_rebuilt() -> list[NotRebuilt]:
    """Return the tables that are not rebuilt, by name."""
    return [table for table in tables() if isinstance(table, NotRebuilt)]
