"""A list is read in pages by an opaque cursor: the row that the next page begins after."""

import re
import uuid
from http import HTTPStatus
from typing import Any

from portal.api.problems import ApiProblem

_CURSOR = re.compile(r"[0-9a-f]{32}")
PAGE_SIZE, MAX_PAGE_SIZE = 50, 200


def cursor_of(row: uuid.UUID | None) -> str | None:
    """Return the cursor for the page after this row; None at the end of a list."""
    return None if row is None else row.hex


def row_of(cursor: str) -> uuid.UUID | None:
    """Return the row of a cursor; None for an empty one. Raises ApiProblem."""
    if not cursor:
        return None
    if not _CURSOR.fullmatch(cursor):
        raise invalid_cursor()
    return uuid.UUID(hex=cursor)


def invalid_cursor() -> ApiProblem:
    """Return the problem of a cursor whose row is no longer in the list, or never was."""
    return ApiProblem(HTTPStatus.BAD_REQUEST, "invalid_cursor")


def page(items: list[Any], *, last: uuid.UUID | None) -> dict[str, Any]:
    """Return the body of a page; `next` is null on the last one."""
    return {"items": items, "next": cursor_of(last)}
