"""Reconciliation: read targets and compare their records with the desired ones; resync of single accounts."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from audit.foundation import clock, encryption
from provisioning.accounts import desired_state
from provisioning.accounts.desired_state import DesiredRecord, PeopleSnapshot
from provisioning.accounts.models import Account
from provisioning.connectors.scim import compare
from provisioning.connectors.scim.endpoint import Resource, ScimEndpoint
from provisioning.http.pool import Pool
from provisioning.targets.models import Target

_BATCH = 200
_ABSENT = {"active": False, "rights": {}}


@dataclass(slots=True)
class ReconciliationReport:
    """The result of reading one target, in numbers of records."""

    total: int = 0
    matching: int = 0
    differing: list[int] = field(default_factory=list)
    """Accounts, by id."""
    unknown: int = 0
    """Records without an account."""


def check(*, target: Target, limit: int = 1_000_000, resync: bool = False) -> ReconciliationReport:
    """Read up to `limit` records of the target page by page, and mark accounts whose record differs.

    An inactive person who is active in the target is due at once. Other differences are shown, and due with `resync`.
    Accounts that are due already are left out. Raises DeliveryError where the target cannot be read.
    """
    report = ReconciliationReport()
    records = _records(target, limit)
    report.total = len(records)
    accounts = Account.objects.filter(target=target, acknowledged_active__isnull=False).order_by("id")
    known: set[str] = set()
    for batch in _batches(accounts.values_list("id", flat=True)):
        at = clock.now()
        with transaction.atomic():
            idle = Account.objects.filter(due_at=None).exclude(state=Account.State.UPDATING)
            rows = list(idle.filter(id__in=batch).order_by("id").select_for_update())
            people = desired_state.snapshot(users=[row.user_id for row in rows], at=at)
            for row in rows:
                _check_account(row, target, people, records, report, at, resync=resync)
        owners = Account.objects.filter(id__in=batch).values_list("membership_id", "user_id")
        known |= {str(membership or user) for membership, user in owners}
    report.unknown = len(records.keys() - known)
    return report


def resync(*, accounts: Iterable[int]) -> int:
    """Make these accounts due now: their records are read, and written where they differ. Returns how many."""
    at = clock.now()
    with transaction.atomic():
        rows = Account.objects.filter(id__in=list(accounts), target__is_active=True)
        locked = rows.order_by("target_id", "user_id", "membership_id").select_for_update(of=("self",))
        return Account.objects.filter(id__in=[row.id for row in locked]).update(
            due_at=at,
            uncertain_until=at,
            generation=F("generation") + 1,
            attempts=0,
            state=Account.State.UPDATING,
        )


def _records(target: Target, limit: int) -> dict[str, list[Resource]]:
    """By `externalId`."""
    token = encryption.decrypt_secret(data=target.token, context=target.id.bytes).decode()
    pool, records, start, total = Pool(), dict[str, list[Resource]](), 1, 1
    try:
        while start <= min(total, limit):
            page, total = ScimEndpoint(target.base_url, token, pool).page(start)
            if not page:
                break
            start += len(page)
            for record in page:
                records.setdefault(compare.external_id(record), []).append(record)
    finally:
        pool.close()
    return records


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    all_ids = list(ids)
    for start in range(0, len(all_ids), _BATCH):
        yield all_ids[start : start + _BATCH]


def _check_account(
    row: Account,
    target: Target,
    people: PeopleSnapshot,
    records: dict[str, list[Resource]],
    report: ReconciliationReport,
    at: dt.datetime,
    *,
    resync: bool,
) -> None:
    desired = people.desired_record(row, target)
    current = records.get(str(row.membership_id or row.user_id), [])
    row.checked_at = at
    if _matches(current, desired):
        report.matching += 1
        row.observed, row.state = None, Account.State.UP_TO_DATE
    else:
        report.differing.append(row.id)
        row.observed = compare.observed_state(current[0]) if current else _ABSENT
        row.state = Account.State.OUT_OF_DATE
        if resync or not desired.active:
            row.due_at, row.uncertain_until, row.priority = at, at, 1 if desired.active else 0
            row.generation += 1
    row.save(
        update_fields=[
            "checked_at", "observed", "state", "due_at", "uncertain_until", "priority", "generation",
        ]
    )  # fmt: skip


def _matches(current: Sequence[Resource], desired: DesiredRecord) -> bool:
    """Of an inactive person only one thing matters: no record is active."""
    if not desired.active:
        return not any(compare.is_active(record) for record in current)
    return len(current) == 1 and compare.matches(desired.record, current[0])
