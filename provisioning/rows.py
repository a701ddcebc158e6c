"""Many rows in one statement: they travel as one JSON value (`jsonb_to_recordset`)."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection


def changed(statement: str, values: Sequence[dict[str, Any]], **more: Any) -> list[tuple[Any, ...]]:
    """Run `statement` with `values` as %(rows)s; what it returns. Nothing runs for no rows."""
    if not values:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, {"rows": json.dumps(list(values)), **more})
        return list(cursor.fetchall()) if cursor.description else []


def returned(statement: str, values: Sequence[dict[str, Any]], **more: Any) -> list[Any]:
    """The first column of what it returns."""
    return [row[0] for row in changed(statement, values, **more)]
