"""Locks on the rows of users."""

import uuid
from collections.abc import Sequence
from typing import Literal

from django.db import connection


def lock(*, users: Sequence[uuid.UUID], mode: Literal["SHARE", "UPDATE"]) -> None:
    """Lock these users' rows until the transaction ends, in ascending order of id. One statement, none for nobody."""
    if not users:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM identity_user WHERE id = ANY(%s) ORDER BY id FOR {mode}",  # noqa: S608 - two words of ours
            [list(users)],
        )
