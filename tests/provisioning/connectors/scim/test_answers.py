"""docs/provisioning.md shows what each answer of a target leads to, as measured here."""

import pathlib
import re
from collections.abc import Iterator
from typing import Any

from provisioning.delivery.errors import DeliveryError
from provisioning.http.pool import Pool
from tests.fixtures import fake_target
from tests.fixtures.scim_users import only, record

DOCUMENT = pathlib.Path(__file__).parents[4] / "docs" / "provisioning.md"
STATUSES = (
    204, 301, 400, 401, 403, 404, 405, 408, 409, 410, 412, 415, 422, 425, 429, 500, 501, 502, 503, 504, 507,
)  # fmt: skip
REQUESTS = {
    "find": "filter",
    "POST": "POST",
    "GET": "GET",
    "PATCH": "PATCH",
    "PUT": "PUT",
    "DELETE": "DELETE",
}
"""Kinds of requests, as the document names them."""
ROW = re.compile(r"^\| (filter|GET|POST|PUT|PATCH|DELETE) .*$", re.MULTILINE)


def measured(shop: fake_target.Server, synchronize: Any, kind: str, status: int, *, active: bool) -> str:
    """Answer every request of this kind with this status, without executing it: what is sent next, and the result."""
    shop.users.clear()
    shop.be = fake_target.Behavior()
    if (kind, active) in {("DELETE", True), ("POST", False)}:
        return "- | -"
    known = "" if kind == "POST" else synchronize(record()).remote_id
    settings = {"supports_patch": kind != "PUT", "deletes": kind == "DELETE"}
    shop.requests.clear()
    shop.be.odd = only(kind, status=status)
    try:
        synchronize(
            record(active=active, name="Changed"),
            remote_id="" if kind == "find" else known,
            read_first=kind in {"GET", "find"},
            **settings,
        )
        result = "done"
    except DeliveryError as error:
        result = error.code.value
    return f"{_next(shop, kind)} | `{result}`"


def _next(shop: fake_target.Server, kind: str) -> str:
    kinds = [_kind(line) for line in shop.requests]
    later = kinds[kinds.index(kind) + 1 :]
    shown = [
        REQUESTS.get(one, one) for number, one in enumerate(later) if number == 0 or later[number - 1] != one
    ]
    return ", ".join(shown) or "-"


def _kind(line: str) -> str:
    method, _, path = line.partition(" ")
    if method == "GET" and "?" in path:
        return "find" if "filter=" in path else "list"
    return method


def table(shop: fake_target.Server, synchronize: Any) -> Iterator[str]:
    """Give the rows of the document: statuses with the same consequences share one."""
    for kind, name in REQUESTS.items():
        rows: dict[str, list[str]] = {}
        for status in STATUSES:
            of = [measured(shop, synchronize, kind, status, active=active) for active in (True, False)]
            rows.setdefault(" | ".join(of), []).append(str(status))
        for consequences, statuses in rows.items():
            yield f"| {name} | {', '.join(statuses)} | {consequences} |"


def test_document_shows_the_result_of_each_answer(
    shop: fake_target.Server, synchronize: Any, pool: Pool
) -> None:
    rows = list(table(shop, synchronize))
    documented = [match.group() for match in ROW.finditer(DOCUMENT.read_text("utf-8"))]
    assert documented == rows, "\n" + "\n".join(rows)
