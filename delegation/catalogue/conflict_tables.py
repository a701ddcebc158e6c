"""The tables of a catalogue file that name two entitlements to keep apart are checked and read here."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from delegation.authorization.models.duties import Enforcement
from delegation.catalogue import file_checks
from delegation.catalogue.defaults import ConflictSpec
from delegation.catalogue.file_checks import Check


def schema(entitlements: Collection[str]) -> dict[str, tuple[Check, bool]]:
    """Return the checks of a table; `entitlements` are those of the file."""
    known = file_checks.one_of(entitlements, "the entitlements of this file")

    def is_pair(value: Any) -> str:
        if not isinstance(value, list) or len(value) != 2:
            return "a list of two entitlements"
        if wrong := next((problem for one in value if (problem := known(one))), ""):
            return f"about {wrong}"
        return "" if value[0] != value[1] else "a list of two different entitlements"

    return {
        "entitlements": (is_pair, True),
        "text": (file_checks.is_translated, True),
        "enforcement": (_is_enforcement, False),
    }


def repeated(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Return a problem for each pair that stands in the file twice, in whatever order."""
    pairs = [sorted(map(str, pair)) for row in rows if isinstance(pair := row.get("entitlements"), list)]
    for number, pair in enumerate(pairs):
        if pair in pairs[:number]:
            yield f"conflicts: {' and '.join(pair)} occur twice; each pair must occur once."


def spec(row: Mapping[str, Any]) -> ConflictSpec:
    """Return the conflict of a checked table."""
    first, second = sorted(row["entitlements"])
    return ConflictSpec((first, second), row["text"], row.get("enforcement", Enforcement.REFUSE.value))


def _is_enforcement(value: Any) -> str:
    return "" if value in Enforcement.values else "“refuse”, “report” or “off”"
