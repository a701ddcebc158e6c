"""Reconciliation reads targets and compares their records with the desired ones; resync makes accounts due."""

import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When

from audit.foundation import clock
from provisioning.accounts import desired_state, rebuild, remote_ids
from provisioning.accounts.desired_state import DesiredRecord
from provisioning.accounts.models import LAST_GENERATION, Account
from provisioning.connectors import registry
from provisioning.connectors.connector import Connector, ObservedState, Record, SyncTask
from provisioning.delivery import errors
from provisioning.delivery.errors import DeliveryError
from provisioning.http.pool import Pool
from provisioning.targets import profile
from provisioning.targets.models import Target

_BATCH = 200
_MOST_QUESTIONS = 200
"""Accounts whose record is asked for by itself in one run, because the list did not have it."""
SETTLING = dt.timedelta(seconds=10)
"""A target's answer may be older than a write of the last seconds: it is then not compared."""
_ABSENT: ObservedState = {"active": False, "rights": {}}
_Records = dict[str, list[Record]]
"""By Keyholder's id. An empty list: the target has said that it has no record."""


@dataclass(slots=True)
class ReconciliationReport:
    """Counts the records of one target by result."""

    total: int = 0
    matching: int = 0
    differing: list[int] = field(default_factory=list)
    """Accounts, by id."""
    unseen: int = 0
    """Accounts of active people without an answer about their record; nothing is concluded."""
    added: int = 0
    """Accounts that were missing: they are due, and their records read before they are written."""
    unknown: list[str] = field(default_factory=list)
    """Ids of records as of Keyholder's, of which the database knows none. They are never written."""


def check(*, target: Target, limit: int = 1_000_000, resync: bool = False) -> ReconciliationReport:
    """Read up to `limit` records of the target page by page, and mark accounts whose record differs.

    An inactive person who is active in the target is due at once. Other differences are shown, and due with `resync`.
    Accounts that are due already, or were written within the last seconds, are left out. A record that the list did not
    have is asked for by itself. Missing accounts are added first. Apart from those instants, nothing that an account
    says of itself leaves it out. Raises DeliveryError where the target cannot be read.
    """
    report, pool, began = ReconciliationReport(), Pool(), clock.now()
    connector = registry.connector(kind=target.kind)
    try:
        records = _records(connector, target, pool, limit)
        report.total = len(records)
        report.added = rebuild.add_missing(target=target, external_ids=records.keys(), at=began)
        rebuild.free_stuck(target=target, at=began)
        records |= _asked(connector, target, pool, records.keys(), began)
    finally:
        pool.close()
    accounts = Account.objects.filter(target=target).order_by("id")
    known: set[str] = {""}
    for batch in _batches(accounts.values_list("id", flat=True)):
        _compare(connector, target, batch, records, report, began, resync=resync)
        owners = Account.objects.filter(id__in=batch).values_list("membership_id", "user_id")
        known |= {str(membership or user) for membership, user in owners}
    report.unknown = sorted(records.keys() - known)
    return report


def _compare(
    connector: Connector,
    target: Target,
    batch: Sequence[int],
    records: _Records,
    report: ReconciliationReport,
    began: dt.datetime,
    *,
    resync: bool,
) -> None:
    at = clock.now()
    with transaction.atomic():
        rows = list(_idle(began).filter(id__in=batch).order_by("id").select_for_update())
        people = desired_state.snapshot(users=[row.user_id for row in rows], at=at)
        for row in rows:
            desired, current = people.desired_record(row, target), records.get(_name(row))
            if current is None:
                _leave_unseen(row, report, at, needed=desired.active, resync=resync)
                continue
            is_done = connector.is_done(ours=desired.record, theirs=current)
            observed = None if is_done else _observed(connector, current)
            _store(row, desired, observed, report, at, resync=resync)


def _idle(began: dt.datetime) -> QuerySet[Account]:
    """Find the accounts of which the target's answer may be current: none was written shortly before `began`."""
    just_written = (began - SETTLING, clock.now() + SETTLING)
    return Account.objects.filter(due_at=None).exclude(acknowledged_at__range=just_written)


def _asked(
    connector: Connector, target: Target, pool: Pool, listed: Collection[str], began: dt.datetime
) -> _Records:
    """Ask for the records of active people that the list did not have, one by one: longest unchecked first.

    An answer that cannot be used leaves its account out. Raises DeliveryError where the target is unavailable.
    """
    rows = _idle(began).filter(target=target, acknowledged_active=True).order_by("checked_at", "id")
    missing = list(
        itertools.islice((row for row in rows.iterator() if _name(row) not in listed), _MOST_QUESTIONS)
    )
    asked_as = profile.build(target=target)
    people = desired_state.snapshot(users=[row.user_id for row in missing], at=clock.now())
    answers: _Records = {}
    for row in missing:
        desired = people.desired_record(row, target)
        if not desired.active:
            continue
        remote_id = remote_ids.proven(account=row, target=target)
        question = SyncTask(asked_as, desired.record, remote_id, read_first=True)
        try:
            answers[_name(row)] = connector.read_record(task=question, pool=pool)
        except DeliveryError as error:
            if error.code in errors.TARGET_UNAVAILABLE:
                raise
    return answers


def _name(row: Account) -> str:
    return str(row.membership_id or row.user_id)


def resync(*, accounts: Iterable[int]) -> int:
    """Make these accounts due now: their records are read, and written where they differ. Returns how many.

    Retries of a record begin again with a short pause. An unavailable target has short pauses anyway, and its failures
    stay counted: people read them.
    """
    at = clock.now()
    with transaction.atomic():
        rows = Account.objects.filter(id__in=list(accounts), target__is_active=True)
        locked = rows.order_by("target_id", "user_id", "membership_id").select_for_update(of=("self",))
        return Account.objects.filter(id__in=[row.id for row in locked]).update(
            due_at=at,
            uncertain_until=at,
            generation=F("generation") % LAST_GENERATION + 1,
            attempts=Case(
                When(last_error__in=errors.TARGET_UNAVAILABLE, then=F("attempts")), default=Value(0)
            ),
            state=Account.State.UPDATING,
        )


def _records(connector: Connector, target: Target, pool: Pool, limit: int) -> _Records:
    """Read the target's records. Raises DeliveryError."""
    records = _Records()
    for record in connector.read_records(profile=profile.build(target=target), pool=pool, limit=limit):
        records.setdefault(connector.external_id(record=record), []).append(record)
    return records


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    all_ids = list(ids)
    for start in range(0, len(all_ids), _BATCH):
        yield all_ids[start : start + _BATCH]


def _observed(connector: Connector, current: Sequence[Record]) -> ObservedState:
    return connector.observed_state(record=current[0]) if current else _ABSENT


def _leave_unseen(
    row: Account, report: ReconciliationReport, at: dt.datetime, *, needed: bool, resync: bool
) -> None:
    """Conclude nothing from a record that was not seen; with `resync`, the delivery itself asks for it.

    It also does where the person should have a record, and the account does not say that there is one.
    """
    report.unseen += needed
    if needed and (resync or not row.acknowledged_active):
        _make_due(row, at, priority=1)
        row.save(update_fields=["due_at", "uncertain_until", "priority", "generation"])


def _make_due(row: Account, at: dt.datetime, *, priority: int) -> None:
    row.due_at, row.uncertain_until, row.priority = at, at, priority
    row.generation = row.generation % LAST_GENERATION + 1


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
            _make_due(row, at, priority=1 if desired.active else 0)
    row.save(
        update_fields=[
            "checked_at", "observed", "state", "due_at", "uncertain_until", "priority", "generation",
        ]
    )  # fmt: skip
