"""Reconciliation reads targets and compares their records with the desired ones; resync makes accounts due."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from audit.foundation import clock
from provisioning.accounts import desired_state
from provisioning.accounts.desired_state import DesiredRecord
from provisioning.accounts.models import Account
from provisioning.connectors import registry
from provisioning.connectors.connector import Connector, ObservedState, Record
from provisioning.http.pool import Pool
from provisioning.targets import profile
from provisioning.targets.models import Target

_BATCH = 200
_ABSENT: ObservedState = {"active": False, "rights": {}}


@dataclass(slots=True)
class ReconciliationReport:
    """Counts the records of one target by result."""

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
    connector = registry.connector(kind=target.kind)
    records = _records(connector, target, limit)
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
                desired = people.desired_record(row, target)
                current = records.get(str(row.membership_id or row.user_id), [])
                _store(row, desired, _difference(connector, desired, current), report, at, resync=resync)
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


def _records(connector: Connector, target: Target, limit: int) -> dict[str, list[Record]]:
    """Read the target's records, by Keyholder's id. Raises DeliveryError."""
    pool, records = Pool(), dict[str, list[Record]]()
    try:
        for record in connector.read_records(profile=profile.build(target=target), pool=pool, limit=limit):
            records.setdefault(connector.external_id(record=record), []).append(record)
    finally:
        pool.close()
    return records


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    all_ids = list(ids)
    for start in range(0, len(all_ids), _BATCH):
        yield all_ids[start : start + _BATCH]


def _difference(
    connector: Connector, desired: DesiredRecord, current: Sequence[Record]
) -> ObservedState | None:
    """Return the state of the target where it differs from the desired record, else None."""
    if desired.active:
        matches = len(current) == 1 and connector.matches(ours=desired.record, theirs=current[0])
    else:
        # An inactive person matches where no record is active; nothing else matters.
        matches = not any(connector.is_active(record=record) for record in current)
    if matches:
        return None
    return connector.observed_state(record=current[0]) if current else _ABSENT


def _store(
    row: Account,
    desired: DesiredRecord,
    observed: ObservedState | None,
    report: ReconciliationReport,
    at: dt.datetime,
    *,
    resync: bool,
) -> None:
    row.checked_at, row.observed = at, observed
    if observed is None:
        report.matching += 1
        row.state = Account.State.UP_TO_DATE
    else:
        report.differing.append(row.id)
        row.state = Account.State.OUT_OF_DATE
        if resync or not desired.active:
            row.due_at, row.uncertain_until, row.priority = at, at, 1 if desired.active else 0
            row.generation += 1
    row.save(
        update_fields=[
            "checked_at", "observed", "state", "due_at", "uncertain_until", "priority", "generation",
        ]
    )  # fmt: skip
