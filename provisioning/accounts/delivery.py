"""Due accounts are leased; those that match are settled, and the others are called for."""

import datetime as dt
from collections.abc import Hashable, Mapping

from django.db import connection, transaction

from provisioning.accounts import events, results, target_health, task
from provisioning.accounts.models import Account
from provisioning.accounts.task import AccountOutcome, AccountTask, AccountUpdate
from provisioning.delivery import leases
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.leases import LeasedTable
from provisioning.delivery.listener import Notifications
from provisioning.delivery.task import DeliveryOutcome
from provisioning.http.pool import Pool

# The ids are an array: the database guesses a computed LIMIT as a tenth of the table, and a join of so many rows reads
# all of it. 515 ms against 5 ms for one lease among two million accounts.
LEASE = f"""
WITH queues AS (
    SELECT t.id, CASE WHEN t.failures = 0 THEN %(depth)s ELSE 1 END
                 - coalesce((%(in_flight)s::jsonb ->> t.id::text)::integer, 0) AS room
    FROM provisioning_target t WHERE t.is_active AND (t.pause_until IS NULL OR t.pause_until <= %(at)s)
      AND (t.paused_until IS NULL OR t.paused_until <= %(at)s)
),
due AS (
    SELECT a.id FROM queues q CROSS JOIN LATERAL (
        SELECT id FROM provisioning_account WHERE target_id = q.id AND {leases.DUE}
        ORDER BY priority, due_at LIMIT greatest(q.room, 0) FOR UPDATE SKIP LOCKED
    ) a
)
UPDATE provisioning_account a SET leased_until = %(until)s, leased_by = %(worker)s
WHERE a.id = ANY (ARRAY(SELECT id FROM due))
RETURNING a.*
"""  # noqa: S608 - our own constants
_MARK_UNCERTAIN = """
UPDATE provisioning_account a
SET uncertain_until = greatest(a.uncertain_until, %(uncertain_until)s), due_at = coalesce(a.due_at, %(at)s)
FROM (
    SELECT id FROM provisioning_account WHERE id = ANY(%(accounts)s)
    ORDER BY target_id, user_id, membership_id FOR UPDATE
) locked WHERE a.id = locked.id
"""


class AccountDeliveries:
    """Delivers records to targets (`provisioning.delivery.task.DeliveryKind`)."""

    table = LeasedTable(
        "provisioning_account",
        on_release=", uncertain_until = %(uncertain_until)s, due_at = coalesce(due_at, %(at)s)",
    )

    def __init__(self, *, pool: Pool) -> None:
        self.pool = pool
        self._in_flight: set[int] = set()

    def is_affected_by(self, *, notifications: Notifications) -> bool:
        """Check whether these notifications may have made a row due."""
        return bool(notifications.chains)

    def recover(self, *, at: dt.datetime) -> None:
        """Mark the accounts with a call in flight as uncertain for a whole lease. One statement at most."""
        if self._in_flight:
            until = at + leases.LEASE
            with connection.cursor() as cursor:
                cursor.execute(
                    _MARK_UNCERTAIN, {"accounts": list(self._in_flight), "at": at, "uncertain_until": until}
                )

    def lease(
        self, *, worker: int, at: dt.datetime, in_flight: Mapping[Hashable, int]
    ) -> list[AccountTask] | None:
        """Lease up to 64 due rows of each target, and settle those without a call. Five statements besides."""
        params = leases.params(worker=worker, at=at, in_flight=in_flight)
        rows = list(Account.objects.raw(LEASE, params))
        if not rows:
            return None
        updates = task.updates(rows=rows, at=at)
        self._settle_without_call([update for update in updates if not update.needs_call], worker, at)
        calls = [update for update in updates if update.needs_call]
        self._in_flight |= {update.account.id for update in calls}
        return [task.call(update=update, worker=worker, pool=self.pool) for update in calls]

    def settle(self, *, outcomes: list[AccountOutcome], at: dt.datetime) -> None:
        """Store the outcomes, close the deliveries that they confirm, and record events, in one transaction."""
        succeeded = [outcome for outcome in outcomes if outcome.error is None]
        failed = [outcome for outcome in outcomes if outcome.error is not None]
        with transaction.atomic():
            acknowledged = results.record_success(outcomes=succeeded, at=at)
            worsened = results.record_failures(outcomes=failed, at=at)
            target_health.record(succeeded=succeeded, failed=failed, at=at)
            events.record(acknowledged=acknowledged, failed=worsened, at=at)
        self._in_flight -= {outcome.task.row.account.id for outcome in outcomes}

    def _settle_without_call(self, updates: list[AccountUpdate], worker: int, at: dt.datetime) -> None:
        if not updates:
            return
        fault = DeliveryError(Code.FAULT)
        outcomes = [
            DeliveryOutcome(
                task.without_call(update=update, worker=worker), error=None if update.computed else fault
            )
            for update in updates
        ]
        self.settle(outcomes=outcomes, at=at)
