"""The task of one account computes the desired record, decides whether a call is needed, and makes it."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from provisioning.accounts import desired_state, remote_ids
from provisioning.accounts.desired_state import DesiredRecord, PeopleSnapshot
from provisioning.accounts.models import Account
from provisioning.connectors import registry
from provisioning.connectors.connector import SyncResult, SyncTask
from provisioning.delivery.errors import Code
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask
from provisioning.http.pool import Pool
from provisioning.targets import profile
from provisioning.targets.models import Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AccountUpdate:
    """Holds one leased account and the desired record in its target."""

    account: Account
    target: Target
    desired: DesiredRecord
    computed: bool = True
    """False where the desired record could not be computed."""

    @property
    def needs_call(self) -> bool:
        """Check whether the target may differ from the desired record.

        A failed delivery may have written: its read may be what failed.
        """
        return self.computed and (
            self.is_uncertain or bool(self.account.last_error) or not self._is_acknowledged
        )

    @property
    def is_uncertain(self) -> bool:
        """Check whether the target may differ from its last acknowledgement."""
        account = self.account
        return account.uncertain_until is not None or account.observed is not None or self.unconfirmed > 0

    @property
    def unconfirmed(self) -> int:
        """Return how many writes in a row the target has reported as done and not shown."""
        return self.account.attempts if self.account.last_error == Code.NOT_APPLIED else 0

    @property
    def _is_acknowledged(self) -> bool:
        account = self.account
        if self.desired.active:
            return self.desired.digest == account.acknowledged_digest
        # A target gets no further update of a removed person, and none of a person that it never had.
        never = not account.acknowledged_digest and not account.remote_id
        return account.acknowledged_active is False or never


AccountTask = DeliveryTask[AccountUpdate, SyncResult | None]
AccountOutcome = DeliveryOutcome[AccountUpdate, SyncResult | None]


def updates(*, rows: Sequence[Account], at: dt.datetime) -> list[AccountUpdate]:
    """Compute the desired records of these accounts. Four statements."""
    targets = Target.objects.select_related("application").in_bulk({row.target_id for row in rows})
    snapshot = desired_state.snapshot(users=[row.user_id for row in rows], at=at)
    return [_update(row, targets[row.target_id], snapshot) for row in rows]


def call(*, update: AccountUpdate, worker: int, pool: Pool) -> AccountTask:
    """Create a task that brings the target to the desired record."""
    return _task(update, worker, partial(_synchronize, update, pool))


def without_call(*, update: AccountUpdate, worker: int) -> AccountTask:
    """Create a task without a call: the target has the desired record, or it could not be computed."""
    return _task(update, worker, _no_call)


def _update(row: Account, target: Target, snapshot: PeopleSnapshot) -> AccountUpdate:
    """Compute the update; a fault in one person's computation must not stop the others."""
    try:
        return AccountUpdate(row, target, snapshot.desired_record(row, target))
    except Exception:
        log.exception("deliver.not_computed", account=row.id)
        return AccountUpdate(row, target, desired_state.NO_RECORD, computed=False)


def _task(update: AccountUpdate, worker: int, run: Callable[[], SyncResult | None]) -> AccountTask:
    priority = update.account.priority if update.desired.active else 0
    return DeliveryTask(update, update.target.id, priority, run, worker)


def _synchronize(update: AccountUpdate, pool: Pool) -> SyncResult:
    target, account = update.target, update.account
    remote_id = remote_ids.proven(account=account, target=target)
    task = SyncTask(
        profile=profile.build(target=target),
        record=update.desired.record,
        remote_id=remote_id,
        read_first=update.is_uncertain or remote_id != account.remote_id,
        unconfirmed=update.unconfirmed,
    )
    return registry.connector(kind=target.kind).synchronize(task=task, pool=pool)


def _no_call() -> None:
    """Return the result of a task without a call."""
