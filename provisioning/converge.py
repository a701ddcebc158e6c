"""Accounts: lease, compute what should be true now, skip where nothing differs, push, write down the answer."""

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from django.db import transaction

from audit import encryption
from provisioning import account_events, leasing, settling, wanted
from provisioning import worker as workers
from provisioning.answer import Code, Problem
from provisioning.ear import Heard
from provisioning.errand import Ending, Errand
from provisioning.models import Account, Target
from provisioning.outgoing import Pool
from provisioning.scim import client
from provisioning.wanted import Picture, Wanted

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Push:
    """One account as it was leased, and what its target should hold."""

    account: Account
    target: Target
    wanted: Wanted
    broken: bool = False


class Accounts:
    """Records in targets (`provisioning.errand.Kind`)."""

    def __init__(self, *, pool: Pool) -> None:
        self.pool = pool
        self._under_way: set[int] = set()

    def concerned(self, *, heard: Heard) -> bool:
        """Whether this notice may have made something due."""
        return bool(heard.chains)

    def lease(self, *, worker: int, at: dt.datetime, load: Mapping[Hashable, int]) -> list[Errand] | None:
        """Take what is due; what needs no call is settled at once. Five statements, up to 64 rows of each target."""
        rows = list(Account.objects.raw(leasing.ACCOUNTS, leasing.params(worker=worker, at=at, load=load)))
        if not rows:
            return None
        pushes = _pushes(rows, at)
        self._settle_what_needs_no_call(pushes, worker, at)
        calls = [one for one in pushes if _needs_a_call(one)]
        self._under_way |= {one.account.id for one in calls}
        return [_errand(one, worker, self.pool) for one in calls]

    def recall(self, *, at: dt.datetime) -> None:
        """After the connection was lost, before anything is leased: the leases of calls under way may be forgotten."""
        if self._under_way:
            workers.doubt(accounts=self._under_way, at=at)

    def _settle_what_needs_no_call(self, pushes: list[Push], worker: int, at: dt.datetime) -> None:
        idle = [(one, _errand(one, worker, None)) for one in pushes if not _needs_a_call(one)]
        if idle:
            fault = Problem(Code.FAULT)
            endings = [Ending(errand, problem=fault if one.broken else None) for one, errand in idle]
            self.settle(endings=endings, at=at)

    def settle(self, *, endings: list[Ending], at: dt.datetime) -> None:
        """Write down the answers, close what they answer, and note both, in one transaction."""
        done = [one for one in endings if one.problem is None]
        failed = [one for one in endings if one.problem is not None]
        with transaction.atomic():
            known = settling.done(done=done, at=at)
            new = settling.failed(failed=failed, at=at)
            settling.health(done=done, failed=failed, at=at)
            account_events.record(delivered=known, failed=new, at=at)
        self._under_way -= {one.errand.row.account.id for one in endings}


def _pushes(rows: list[Account], at: dt.datetime) -> list[Push]:
    targets = Target.objects.select_related("application").in_bulk({row.target_id for row in rows})
    seen = wanted.picture(users=[row.user_id for row in rows], at=at)
    return [_push(row, targets[row.target_id], seen) for row in rows]


def _push(row: Account, target: Target, seen: Picture) -> Push:
    """What cannot be computed for one person must not stop all the others."""
    try:
        return Push(row, target, seen.of(row, target))
    except Exception:
        log.exception("deliver.not_computed", account=row.id)
        return Push(row, target, wanted.NOTHING, broken=True)


def _needs_a_call(push: Push) -> bool:
    return not push.broken and (_is_in_doubt(push.account) or not _is_known(push))


def _is_known(push: Push) -> bool:
    account = push.account
    if push.wanted.active:
        return push.wanted.digest == account.told
    # Of somebody who is gone a target hears nothing more; somebody it never heard of it need not forget.
    never = not account.told and not account.remote_id and not account.last_error
    return account.told_active is False or never


def _is_in_doubt(account: Account) -> bool:
    """Whether the target may hold something else than it last acknowledged."""
    return account.doubt_until is not None or account.found is not None


def _errand(push: Push, worker: int, pool: Pool | None) -> Errand:
    run = partial(_carry_out, push, pool) if pool else _nothing
    return Errand(push, push.target.id, 0 if not push.wanted.active else push.account.priority, run, worker)


def _nothing() -> None:
    """Nothing differs."""


def _carry_out(push: Push, pool: Pool) -> client.Result:
    target, account = push.target, push.account
    token = encryption.decrypt_secret(data=target.token, context=target.id.bytes).decode()
    task = client.Task(
        base_url=target.base_url,
        token=token,
        record=push.wanted.record,
        remote_id=account.remote_id,
        look=_is_in_doubt(account),
        patches=target.patches,
        reads_back=target.reads_back,
        deletes=target.when_gone == Target.WhenGone.DELETE,
    )
    return client.carry_out(task=task, pool=pool)
