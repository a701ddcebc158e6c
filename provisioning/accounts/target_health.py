"""Outcomes show whether a target is available, and whether it has PATCH; one record alone proves neither."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from audit.foundation import db
from provisioning.accounts.task import AccountOutcome
from provisioning.connectors.connector import SyncResult
from provisioning.delivery import errors as delivery_errors
from provisioning.delivery import retry

_HEALTH = """
UPDATE provisioning_target t SET
    failures = CASE WHEN x.is_available THEN 0 ELSE least(t.failures + 1, 1000000) END,
    down_since = CASE WHEN x.is_available THEN NULL ELSE coalesce(t.down_since, %(at)s) END,
    pause_until = CASE WHEN x.is_available THEN NULL
        ELSE %(at)s + make_interval(
            secs => greatest(x.retry_after, least(power(2, least(t.failures, 10)), %(longest)s))) END,
    supports_patch = CASE WHEN x.patched THEN true
        WHEN x.without_patch_last <> coalesce(t.without_patch, x.without_patch_first) THEN false
        ELSE t.supports_patch END,
    without_patch = CASE WHEN x.patched THEN NULL ELSE coalesce(t.without_patch, x.without_patch_first) END
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, is_available boolean, retry_after double precision,
    patched boolean, without_patch_first bigint, without_patch_last bigint)
WHERE t.id = x.id AND (NOT x.is_available OR t.failures > 0 OR x.without_patch_first IS NOT NULL
    OR x.patched AND (NOT t.supports_patch OR t.without_patch IS NOT NULL))
"""


def record(*, succeeded: Sequence[AccountOutcome], failed: Sequence[AccountOutcome], at: dt.datetime) -> None:
    """Pause unavailable targets; end the pause of a target after one answer that is about a record.

    That a target has no PATCH is believed after two records have shown it, and until one shows the opposite.
    """
    health: dict[uuid.UUID, _Health] = defaultdict(_Health)
    for outcome in failed:
        health[outcome.task.row.target.id].note_failure(outcome)
    for outcome in succeeded:
        if outcome.result is not None:
            health[outcome.task.row.target.id].note_success(outcome.task.row.account.id, outcome.result)
    rows = [{"id": str(target), **asdict(state)} for target, state in health.items() if state.is_known]
    db.fetch_for_rows(_HEALTH, rows, at=at, longest=retry.LONGEST_PAUSE.total_seconds())


@dataclass(slots=True)
class _Health:
    """Sums up what outcomes show of one target; a success counts more than failures of the same moment."""

    is_available: bool | None = None
    retry_after: float | None = None
    """Seconds; the longest pause that the target asked for."""
    patched: bool = False
    without_patch_first: int | None = None
    """An account that has shown that there is no PATCH, and another one; the same where there is only one."""
    without_patch_last: int | None = None

    @property
    def is_known(self) -> bool:
        """Check whether the outcomes show anything of the target."""
        return self.is_available is not None

    def note_failure(self, outcome: AccountOutcome) -> None:
        """Note an unavailable target, or an answer that is about the record alone."""
        error = outcome.error
        if error is None or error.code not in delivery_errors.TARGET_UNAVAILABLE | delivery_errors.ANSWERED:
            return
        if error.code in delivery_errors.ANSWERED:
            self.is_available = True if self.is_available is None else self.is_available
            return
        self.is_available = False
        if error.retry_after is not None:
            asked = min(error.retry_after, retry.LONGEST).total_seconds()
            self.retry_after = max(asked, self.retry_after or 0.0)

    def note_success(self, account: int, result: SyncResult) -> None:
        """Note an available target, and what the record has shown of PATCH."""
        self.is_available = True
        self.patched |= result.supports_patch is True
        if result.supports_patch is False:
            self.without_patch_first = self.without_patch_first or account
            self.without_patch_last = account
