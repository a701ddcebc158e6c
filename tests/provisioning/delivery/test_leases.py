"""Leases of every kind of delivery: one worker at a time, no effect of late outcomes, takeover after expiry."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from audit.foundation import clock
from audit.models import Event
from identity.clients.models import Client
from provisioning.accounts import delivery as accounts_delivery
from provisioning.accounts import planner
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.connectors.connector import SyncResult
from provisioning.delivery import leases, workers
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryKind, DeliveryOutcome, DeliveryTask
from provisioning.http.pool import Pool
from provisioning.logout import delivery as logout_delivery
from provisioning.logout.delivery import LogoutDeliveries
from provisioning.logout.models import Logout
from provisioning.mail import delivery as mail_delivery
from provisioning.mail import queue
from provisioning.mail.delivery import MailDeliveries
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft
from provisioning.targets.models import Target
from tests.fixtures import cluster, fake_target
from tests.fixtures.deliveries import eventually, plan_all, sign_in
from tests.fixtures.world import World, bypassing_commands, move_clock_to

SECOND = dt.timedelta(seconds=1)
TABLES = [kind.table for kind in (LogoutDeliveries, AccountDeliveries, MailDeliveries)]
WRITTEN = SyncResult(remote_id="r1", wrote=True, supports_patch=True)


@dataclass(frozen=True)
class Case:
    """One kind of delivery with one due row."""

    kind: DeliveryKind[Any, Any]
    rows: "QuerySet[Any]"
    statement: str
    lease: dt.timedelta
    result: SyncResult | None
    event: str

    @property
    def row(self) -> Any:
        return self.rows.get()

    def lease_one(self, *, number: int, at: dt.datetime) -> DeliveryTask[Any, Any] | None:
        """Lease the row for this worker; None where it cannot be leased."""
        tasks = self.kind.lease(worker=number, at=at, in_flight={})
        return tasks[0] if tasks else None

    def settle(
        self, task: DeliveryTask[Any, Any], *, at: dt.datetime, error: DeliveryError | None = None
    ) -> None:
        """Settle the task as delivered, or as failed with this error."""
        outcome = DeliveryOutcome(task, result=None if error else self.result, error=error)
        self.kind.settle(outcomes=[outcome], at=at)

    @property
    def events(self) -> list[tuple[Any, ...]]:
        """Act and subject of each event of a delivery."""
        return list(Event.objects.filter(verb=self.event).values_list("act", "subject"))

    @property
    def is_recorded_once(self) -> bool:
        return bool(self.events) and len(set(self.events)) == len(self.events)


def account_case(world: World, pool: Pool) -> Case:
    plan_all()
    rows = Account.objects.filter(user=world.olli.user_id)
    Account.objects.exclude(user=world.olli.user_id).update(due_at=None)
    return Case(
        AccountDeliveries(pool=pool), rows, accounts_delivery.LEASE, 120 * SECOND, WRITTEN, "account.synced"
    )


def logout_case(world: World, pool: Pool) -> Case:
    plan_all()
    row = sign_in(world.olli)
    row.ended_at = clock.now()
    row.save(update_fields=["ended_at"])
    planner.sweep(at=clock.now())
    return Case(
        LogoutDeliveries(pool=pool),
        Logout.objects.all(),
        logout_delivery.LEASE,
        120 * SECOND,
        None,
        "logout.delivered",
    )


def mail_case(world: World, pool: Pool) -> Case:
    name = queue.queue(Draft(to="a@koskela.example", subject="Hei", text="Hei!", purpose="test"))
    return Case(
        MailDeliveries(),
        Mail.objects.filter(id=name),
        mail_delivery.LEASE,
        600 * SECOND,
        None,
        "mail.sent",
    )


@pytest.fixture(params=[account_case, logout_case, mail_case], ids=["account", "logout", "mail"])
def case(
    request: pytest.FixtureRequest, world: World, ordering: Target, shop: fake_target.Server, pool: Pool
) -> Case:
    with bypassing_commands():
        Client.objects.update(backchannel_logout_uri=shop.logout_uri)
    make: Callable[[World, Pool], Case] = request.param
    return make(world, pool)


def state(row: Model) -> dict[str, Any]:
    """The values of all columns."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_leased_row_goes_to_no_second_worker_until_the_lease_expires(case: Case) -> None:
    at = clock.now()
    first = case.lease_one(number=1, at=at)
    assert first is not None
    assert (case.row.leased_by, case.row.leased_until) == (1, at + case.lease)
    assert case.lease_one(number=2, at=at) is None
    assert case.lease_one(number=2, at=at + case.lease - SECOND) is None
    second = case.lease_one(number=2, at=at + case.lease)
    assert second is not None
    assert (case.row.leased_by, case.row.leased_until) == (2, at + 2 * case.lease)


@pytest.mark.parametrize(
    "error", [None, DeliveryError(Code.REFUSED), DeliveryError(Code.TARGET_ERROR)], ids=str
)
def test_outcome_after_the_lease_has_no_effect(case: Case, error: DeliveryError | None) -> None:
    at = clock.now()
    first = case.lease_one(number=1, at=at)
    second = case.lease_one(number=2, at=at + case.lease)
    assert first is not None
    assert second is not None
    before, target = state(case.row), _target()
    move_clock_to(at + case.lease)
    case.settle(first, at=at + case.lease, error=error)
    assert state(case.row) == before
    assert case.events == []
    assert not Event.objects.filter(verb__endswith=".failed").exists()
    assert _target() == target
    case.settle(second, at=at + case.lease)
    assert (case.row.due_at, case.row.leased_by, case.row.leased_until, case.row.last_error) == (
        None,
    ) * 3 + ("",)
    assert case.is_recorded_once


def test_repeated_outcome_is_recorded_once(case: Case) -> None:
    at = clock.now()
    task = case.lease_one(number=1, at=at)
    assert task is not None
    case.settle(task, at=at)
    recorded, events = state(case.row), case.events
    case.settle(task, at=at + SECOND)
    assert (state(case.row), case.events) == (recorded, events)
    assert case.is_recorded_once
    assert case.lease_one(number=1, at=at + SECOND) is None


def test_row_locked_by_another_worker_is_skipped_without_waiting(case: Case) -> None:
    """The other worker's lease is not committed; then that worker dies, and the row is leased again."""
    at = clock.now()
    with psycopg.connect(cluster.connection_url()) as other:
        leased = other.execute(
            case.statement.encode(), leases.params(worker=1, at=at, in_flight={})
        ).fetchall()
        assert len(leased) == 1
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            assert case.lease_one(number=2, at=at) is None
        other.rollback()
    assert case.lease_one(number=2, at=at) is not None
    assert case.row.leased_by == 2


def test_failed_row_waits_for_its_retry(case: Case) -> None:
    at = clock.now()
    task = case.lease_one(number=1, at=at)
    assert task is not None
    case.settle(task, at=at, error=DeliveryError(Code.TARGET_ERROR))
    row = case.row
    assert (row.attempts, row.last_error, row.leased_by, row.leased_until) == (1, "target_error", None, None)
    assert dt.timedelta(seconds=0.8) <= row.due_at - at <= dt.timedelta(seconds=1.2)
    assert case.lease_one(number=2, at=row.due_at - dt.timedelta(milliseconds=1)) is None
    second = case.lease_one(number=2, at=row.due_at)
    assert second is not None
    case.settle(second, at=at, error=DeliveryError(Code.TARGET_ERROR))
    assert case.row.attempts == 2
    assert dt.timedelta(seconds=1.6) <= case.row.due_at - at <= dt.timedelta(seconds=2.4)


def test_lease_of_a_dead_worker_is_released_at_once(case: Case) -> None:
    at = clock.now()
    with psycopg.connect(cluster.connection_url()) as session:
        number = workers.register(connection=session)
        assert case.lease_one(number=number, at=at) is not None
        assert workers.live_workers() == [number]
        assert workers.release_dead_leases(tables=TABLES, at=at) == 0
        assert case.row.leased_by == number
    eventually(lambda: workers.live_workers() == [])
    assert workers.release_dead_leases(tables=TABLES, at=at) == 1
    row = case.row
    assert (row.leased_by, row.leased_until) == (None, None)
    if isinstance(row, Account):
        assert row.uncertain_until == at + 15 * SECOND
    assert case.lease_one(number=2, at=at) is not None


def test_queue_with_calls_in_flight_gets_only_its_remaining_room(case: Case) -> None:
    """The queue of mails is 4 deep, the others 64."""
    at, row = clock.now(), case.row
    column = {Account: "target_id", Logout: "client_id"}.get(type(row))
    name = "mail" if column is None else getattr(row, column)
    depth = 4 if column is None else 64
    assert case.kind.lease(worker=1, at=at, in_flight={name: depth}) is None
    assert case.kind.lease(worker=1, at=at, in_flight={name: depth + 1}) is None
    assert len(case.kind.lease(worker=1, at=at, in_flight={name: depth - 1, uuid.uuid4(): 64}) or []) == 1


def test_removals_are_leased_before_other_changes(world: World, ordering: Target, pool: Pool) -> None:
    plan_all()
    at = clock.now()
    Account.objects.update(due_at=at - SECOND, priority=1)
    Account.objects.filter(user=world.vilma.user_id).update(due_at=at, priority=0)
    kind = AccountDeliveries(pool=pool)
    (task,) = kind.lease(worker=1, at=at, in_flight={ordering.id: 63}) or []
    assert task.row.account.user_id == world.vilma.user_id


@pytest.mark.parametrize(
    ("fields", "room"),
    [
        ({}, 9),
        ({"failures": 1}, 1),
        ({"is_active": False}, 0),
        ({"pause_until": SECOND}, 0),
        ({"pause_until": dt.timedelta()}, 9),
        ({"pause_until": dt.timedelta(), "failures": 3}, 1),
    ],
    ids=str,
)
def test_target_gets_leases_by_its_health(
    world: World, ordering: Target, pool: Pool, fields: dict[str, Any], room: int
) -> None:
    plan_all()
    at = clock.now()
    values = {
        name: at + value if isinstance(value, dt.timedelta) else value for name, value in fields.items()
    }
    with bypassing_commands():
        Target.objects.filter(id=ordering.id).update(**values)
    AccountDeliveries(pool=pool).lease(worker=1, at=at, in_flight={})
    assert Account.objects.filter(leased_by=1).count() + _settled_without_call() == min(
        room, Account.objects.count()
    )


def _settled_without_call() -> int:
    """Leased accounts that need no call are settled at once."""
    return Account.objects.filter(due_at=None).count()


def _target() -> dict[str, Any]:
    return state(Target.objects.get())
