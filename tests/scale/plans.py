"""The plans of the statements that a call really sends: each is explained just before it runs."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from audit.foundation import clock

LARGE = frozenset(
    {
        "audit_chain",
        "delegation_assignment",
        "delegation_ceiling",
        "delegation_invitation",
        "identity_membership",
        "identity_membershipperiod",
        "identity_tokenfamily",
        "identity_session",
        "identity_signin",
        "identity_user",
        "provisioning_account",
    }
)
"""Tables that grow with the number of people. Reading one whole is never part of a frequent statement.

identity_lastsignin is left out: its rows are so narrow that reading it whole is cheaper here. Among 150,000 people, the
list sorted by it uses the index.
"""
_EXPLAINED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


def whole_reads(call: Callable[[], object]) -> list[str]:
    """Name each large table that a statement of this call reads whole, with the statement's beginning."""
    large = LARGE | {f"audit_event_{clock.now():%Y%m}"}
    return [
        f"{node['Relation Name']}: {' '.join(sql.split())[:120]}"
        for sql, node in _nodes(call)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in large
    ]


@dataclass(slots=True)
class Counted:
    """Counts the statements of a call."""

    number: int = 0


@contextmanager
def counting() -> Iterator[Counted]:
    """Count the statements that are sent meanwhile."""
    counted = Counted()

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        counted.number += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield counted


def indexes(call: Callable[[], object]) -> set[str]:
    """Name every index that a statement of this call reads."""
    return {node["Index Name"] for _, node in _nodes(call) if "Index Name" in node}


def most_subplans(call: Callable[[], object]) -> int:
    """Return the number of subqueries in the largest statement of this call."""
    found = Counter(sql for sql, node in _nodes(call) if "Subplan Name" in node)
    return max(found.values(), default=0)


def _nodes(call: Callable[[], object]) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if sql.lstrip().upper().startswith(_EXPLAINED):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                (answer,) = cursor.fetchone()
            plan = json.loads(answer) if isinstance(answer, str) else answer
            found.extend((sql, node) for node in _below(plan[0]["Plan"]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        call()
    return found


def _below(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _below(child)
