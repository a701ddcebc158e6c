"""Accounts: lease, compute what should be true now, skip where nothing differs, push, write down the answer."""

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from django.db import transaction

from audit.foundation import encryption
from provisioning.accounts import desired_state, events, results
from provisioning.accounts.desired_state import DesiredRecord, PeopleSnapshot
from provisioning.accounts.models import Account
from provisioning.connectors.scim import sync_record
from provisioning.delivery import leases, workers
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.listener import Notifications
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask
from provisioning.http.pool import Pool
from provisioning.targets.models import Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AccountUpdate:
    """One account as it was leased, and what its target should hold."""

    account: Account
    target: Target
    wanted: DesiredRecord
    broken: bool = False


class AccountDeliveries:
    """Records in targets (`provisioning.delivery.task.DeliveryKind`)."""

    def __init__(self, *, pool: Pool) -> None:
        self.pool = pool
        self._under_way: set[int] = set()

    def is_affected_by(self, *, heard: Notifications) -> bool:
        """Whether this notice may have made something due."""
        return bool(heard.chains)

    def lease(
        self, *, worker: int, at: dt.datetime, load: Mapping[Hashable, int]
    ) -> list[DeliveryTask] | None:
        """Take what is due; what needs no call is settled at once. Five statements, up to 64 rows of each target."""
        rows = list(Account.objects.raw(leases.ACCOUNTS, leases.params(worker=worker, at=at, load=load)))
        if not rows:
            return None
        pushes = _updates(rows, at)
        self._settle_what_needs_no_call(pushes, worker, at)
        calls = [one for one in pushes if _needs_a_call(one)]
        self._under_way |= {one.account.id for one in calls}
        return [_errand(one, worker, self.pool) for one in calls]

    def recall(self, *, at: dt.datetime) -> None:
        """After the connection was lost, before anything is leased: the leases of calls under way may be forgotten."""
        if self._under_way:
            workers.mark_uncertain(accounts=self._under_way, at=at)

    def _settle_what_needs_no_call(self, pushes: list[AccountUpdate], worker: int, at: dt.datetime) -> None:
        idle = [(one, _errand(one, worker, None)) for one in pushes if not _needs_a_call(one)]
        if idle:
            fault = DeliveryError(Code.FAULT)
            endings = [DeliveryOutcome(errand, problem=fault if one.broken else None) for one, errand in idle]
            self.settle(endings=endings, at=at)

    def settle(self, *, endings: list[DeliveryOutcome], at: dt.datetime) -> None:
        """Write down the answers, close what they answer, and note both, in one transaction."""
        done = [one for one in endings if one.problem is None]
        failed = [one for one in endings if one.problem is not None]
        with transaction.atomic():
            known = results.record_success(done=done, at=at)
            new = results.record_failures(failed=failed, at=at)
            results.update_target_health(done=done, failed=failed, at=at)
            events.record(delivered=known, failed=new, at=at)
        self._under_way -= {one.errand.row.account.id for one in endings}


def _updates(rows: list[Account], at: dt.datetime) -> list[AccountUpdate]:
    targets = Target.objects.select_related("application").in_bulk({row.target_id for row in rows})
    seen = desired_state.snapshot(users=[row.user_id for row in rows], at=at)
    return [_update(row, targets[row.target_id], seen) for row in rows]


def _update(row: Account, target: Target, seen: PeopleSnapshot) -> AccountUpdate:
    """What cannot be computed for one person must not stop all the others."""
    try:
        return AccountUpdate(row, target, seen.of(row, target))
    except Exception:
        log.exception("deliver.not_computed", account=row.id)
        return AccountUpdate(row, target, desired_state.NO_RECORD, broken=True)


def _needs_a_call(push: AccountUpdate) -> bool:
    return not push.broken and (_is_uncertain(push.account) or not _is_known(push))


def _is_known(push: AccountUpdate) -> bool:
    account = push.account
    if push.wanted.active:
        return push.wanted.digest == account.acknowledged_digest
    # Of somebody who is gone a target hears nothing more; somebody it never heard of it need not forget.
    never = not account.acknowledged_digest and not account.remote_id and not account.last_error
    return account.acknowledged_active is False or never


def _is_uncertain(account: Account) -> bool:
    """Whether the target may hold something else than it last acknowledged."""
    return account.uncertain_until is not None or account.observed is not None


def _errand(push: AccountUpdate, worker: int, pool: Pool | None) -> DeliveryTask:
    run = partial(_carry_out, push, pool) if pool else _no_call
    return DeliveryTask(
        push, push.target.id, 0 if not push.wanted.active else push.account.priority, run, worker
    )


def _no_call() -> None:
    """Nothing differs."""


def _carry_out(push: AccountUpdate, pool: Pool) -> sync_record.SyncResult:
    target, account = push.target, push.account
    token = encryption.decrypt_secret(data=target.token, context=target.id.bytes).decode()
    task = sync_record.SyncTask(
        base_url=target.base_url,
        token=token,
        record=push.wanted.record,
        remote_id=account.remote_id,
        read_first=_is_uncertain(account),
        supports_patch=target.supports_patch,
        verify_writes=target.verify_writes,
        deletes=target.on_removal == Target.OnRemoval.DELETE,
    )
    return sync_record.run(task=task, pool=pool)
