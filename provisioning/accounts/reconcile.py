"""Reading targets to see whether they still hold what they acknowledged."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from audit.foundation import clock, encryption
from provisioning.accounts import desired_state
from provisioning.accounts.desired_state import PeopleSnapshot
from provisioning.accounts.models import Account
from provisioning.connectors.scim import compare
from provisioning.connectors.scim.endpoint import Resource, ScimEndpoint
from provisioning.http.pool import Pool
from provisioning.targets.models import Target

_BATCH = 200
_ABSENT = {"active": False, "rights": {}}


@dataclass(slots=True)
class ReconciliationReport:
    """What reading one target showed."""

    read: int = 0
    same: int = 0
    differs: list[int] = field(default_factory=list)
    """Accounts, by id."""
    unknown: int = 0
    """Records there that nobody of ours stands behind."""


def check(*, target: Target, limit: int = 1_000_000, resync: bool = False) -> ReconciliationReport:
    """Read up to `limit` records of the target page by page, and mark accounts whose record differs.

    Somebody who should be gone and is active there is due at once; other differences are shown, and are due with
    `put_right`. What is under way already is left alone. Raises Problem where the target cannot be read.
    """
    report = ReconciliationReport()
    listed = _listed(target, limit)
    report.read = len(listed)
    accounts = Account.objects.filter(target=target, acknowledged_active__isnull=False).order_by("id")
    seen: set[str] = set()
    for batch in _batches(accounts.values_list("id", flat=True)):
        at = clock.now()
        with transaction.atomic():
            idle = Account.objects.filter(due_at=None).exclude(state=Account.State.ON_ITS_WAY)
            rows = list(idle.filter(id__in=batch).order_by("id").select_for_update())
            picture = desired_state.snapshot(users=[row.user_id for row in rows], at=at)
            for row in rows:
                _compare(row, target, picture, listed, report, at, resync=resync)
        held = Account.objects.filter(id__in=batch)
        seen |= {str(m or u) for m, u in held.values_list("membership_id", "user_id")}
    report.unknown = len(listed.keys() - seen)
    return report


def resync(*, accounts: Iterable[int]) -> int:
    """Tell these again now, whatever waits or failed: read what is there, and write where it differs."""
    at = clock.now()
    with transaction.atomic():
        rows = Account.objects.filter(id__in=list(accounts), target__is_active=True)
        held = rows.order_by("target_id", "user_id", "membership_id").select_for_update(of=("self",))
        return Account.objects.filter(id__in=[row.id for row in held]).update(
            due_at=at,
            uncertain_until=at,
            generation=F("generation") + 1,
            attempts=0,
            state=Account.State.ON_ITS_WAY,
        )


def _listed(target: Target, limit: int) -> dict[str, list[Resource]]:
    token = encryption.decrypt_secret(data=target.token, context=target.id.bytes).decode()
    pool, found, start, total = Pool(), dict[str, list[Resource]](), 1, 1
    try:
        while start <= min(total, limit):
            records, total = ScimEndpoint(target.base_url, token, pool).page(start)
            if not records:
                break
            start += len(records)
            for record in records:
                found.setdefault(compare.external_id(record), []).append(record)
    finally:
        pool.close()
    return found


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    whole = list(ids)
    for start in range(0, len(whole), _BATCH):
        yield whole[start : start + _BATCH]


def _compare(
    row: Account,
    target: Target,
    picture: PeopleSnapshot,
    listed: dict[str, list[Resource]],
    report: ReconciliationReport,
    at: dt.datetime,
    *,
    resync: bool,
) -> None:
    should = picture.of(row, target)
    there = listed.get(str(row.membership_id or row.user_id), [])
    row.checked_at = at
    if _agrees(there, should.record, needed=should.active):
        report.same += 1
        row.observed, row.state = None, Account.State.IN_PLACE
    else:
        report.differs.append(row.id)
        row.observed = compare.observed_state(there[0]) if there else _ABSENT
        row.state = Account.State.DIFFERS
        if resync or not should.active:
            row.due_at, row.uncertain_until, row.priority = at, at, 0 if not should.active else 1
            row.generation += 1
    row.save(
        update_fields=[
            "checked_at",
            "observed",
            "state",
            "due_at",
            "uncertain_until",
            "priority",
            "generation",
        ]
    )


def _agrees(there: Sequence[Resource], record: Resource, *, needed: bool) -> bool:
    """Of somebody who is gone it matters that no record of hers is active, and nothing else."""
    if not needed:
        return not any(compare.is_active(one) for one in there)
    return len(there) == 1 and compare.matches(record, there[0])
