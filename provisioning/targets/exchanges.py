"""The last requests to each target and its answers are stored, masked, and bounded in number, age and size."""

import datetime as dt
import uuid
from dataclasses import dataclass, fields

from django.db import connection

from audit.foundation import clock
from provisioning.http import recent_exchanges
from provisioning.http.recent_exchanges import Exchange
from provisioning.targets import exchange_masking
from provisioning.targets.models import Target, TargetExchange

KEPT = recent_exchanges.KEPT
AGE = dt.timedelta(days=1)
_PRUNE = """
DELETE FROM provisioning_targetexchange WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY target_id ORDER BY at DESC, id DESC) AS place
        FROM provisioning_targetexchange WHERE target_id = ANY(%s)
    ) ranked WHERE place > %s
)
"""


def store() -> int:
    """Store what was exchanged since the last call. Three statements, none where nothing was."""
    taken = recent_exchanges.take()
    if not taken:
        return 0
    known = set(Target.objects.filter(id__in={one.target for one in taken}).values_list("id", flat=True))
    rows = [_row(one) for one in taken if one.target in known]
    TargetExchange.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute(_PRUNE, [list(known), KEPT])
    return len(rows)


def _row(one: Exchange) -> TargetExchange:
    return TargetExchange(
        target_id=one.target,
        at=one.at,
        method=one.method,
        path=exchange_masking.path(one.path)[:500],
        status=one.status,
        error=one.error,
        milliseconds=min(int(one.seconds * 1000), 1_000_000),
        sent=exchange_masking.body(one.sent),
        received=exchange_masking.body(one.received),
    )


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """Describes a request and its answer; `status` is 0 where none came, and `error` says why."""

    at: dt.datetime
    method: str
    path: str
    status: int
    error: str
    milliseconds: int
    sent: str
    received: str


def newest(*, target: uuid.UUID, at: dt.datetime) -> list[ExchangeView]:
    """Read the target's last exchanges of a day, the newest first. One statement."""
    rows = TargetExchange.objects.filter(target=target, at__gt=at - AGE).order_by("-at", "-id")
    names = [field.name for field in fields(ExchangeView)]
    return [ExchangeView(*row) for row in rows.values_list(*names)[:KEPT]]


def purge() -> int:
    """Delete exchanges that are older than a day."""
    deleted, _ = TargetExchange.objects.filter(at__lte=clock.now() - AGE).delete()
    return deleted
