"""Rows of users are locked in one order."""

import uuid
from collections.abc import Sequence
from typing import Literal

from django.db import connection


def lock_users(*, users: Sequence[uuid.UUID], mode: Literal["SHARE", "UPDATE"]) -> None:
    """Lock the rows of these users until the transaction ends, ascending by id. One statement; none for no users."""
    if not users:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM identity_user WHERE id = ANY(%s) ORDER BY id FOR {mode}",  # noqa: S608 - `mode` is one of two constants
            [list(users)],
        )
