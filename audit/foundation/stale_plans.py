"""A migration can make prepared statements invalid; their connections are closed.

PostgreSQL refuses a prepared statement whose columns have changed their type since ("cached plan must not change result
type"). It refuses as long as the connection lives, so that the connection must not return to the pool.
"""

from collections.abc import Callable
from typing import Any

from django.db import NotSupportedError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from audit.foundation.errors import Busy

_STALE = "cached plan"


@receiver(connection_created)
def install(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Wrap each new connection once; one that returns from the pool has its wrapper already."""
    if retry_stale_plan not in connection.execute_wrappers:
        connection.execute_wrappers.append(retry_stale_plan)


def retry_stale_plan(
    execute: Callable[..., Any],
    sql: str,
    params: Any,
    many: bool,  # noqa: FBT001 - Django's signature
    context: dict[str, Any],
) -> Any:
    """Close the connection and raise Busy, so that the next attempt gets a new connection."""
    try:
        return execute(sql, params, many, context)
    except NotSupportedError as error:
        if _STALE not in str(error):
            raise
        context["connection"].connection.close()
        raise Busy(seconds=1) from error
