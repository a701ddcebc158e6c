"""The scheduler: which kinds are leased, how outcomes are gathered, and what a fault or an outage leaves behind."""

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from unittest import mock

import pytest
from django.db import OperationalError
from structlog.testing import capture_logs

from audit.foundation import clock
from provisioning.delivery import isolation, scheduler
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.leases import LeasedTable
from provisioning.delivery.listener import Notifications
from provisioning.delivery.scheduler import Scheduler
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
MAILS = Notifications(mails=True)


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock asks the database, which the scheduler does not need."""
    monkeypatch.setattr(clock, "now", lambda: AT)


@dataclass(eq=False)
class FakeKind:
    """A kind whose leases are given as batches; None: nothing is due."""

    batches: "deque[list[Callable[[], str]] | None]" = field(default_factory=deque)
    concerned: bool = True
    settled: list[list[DeliveryOutcome[int, str]]] = field(default_factory=list)
    refuses: type[Exception] | None = None
    leases: list[dict[Hashable, int]] = field(default_factory=list)
    """The calls in flight at each lease."""
    table: LeasedTable = field(default_factory=lambda: LeasedTable("fake"))

    def is_affected_by(self, *, notifications: Notifications) -> bool:
        return self.concerned and notifications.mails

    def recover(self, *, at: dt.datetime) -> None:
        self.leases.clear()

    def lease(
        self, *, worker: int, at: dt.datetime, in_flight: Mapping[Hashable, int]
    ) -> list[DeliveryTask[int, str]] | None:
        self.leases.append(dict(in_flight))
        batch = self.batches.popleft() if self.batches else None
        if batch is None:
            return None
        return [DeliveryTask(row, "target", 1, run, worker) for row, run in enumerate(batch)]

    def settle(self, *, outcomes: list[DeliveryOutcome[int, str]], at: dt.datetime) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.settled.append(outcomes)


@dataclass(eq=False)
class Woken:
    """Counts the wake-ups, and waits for one."""

    event: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        self.event.set()

    def wait(self) -> None:
        assert self.event.wait(5)
        self.event.clear()


def delivered() -> str:
    return "delivered"


def refused() -> str:
    raise DeliveryError(Code.REFUSED)


def broken() -> str:
    raise ZeroDivisionError


def settle_all(one: Scheduler, woken: Woken) -> None:
    """Settle until nothing is in flight."""
    while one.in_flight or one.next_settle_at is not None:
        if not one.settle():
            woken.wait()


def test_task_result_is_settled_by_its_own_kind() -> None:
    first, second, woken = FakeKind(deque([[delivered]])), FakeKind(deque([[refused]])), Woken()
    one = Scheduler((first, second), woken)
    one.lease_due(worker=7, at=AT)
    settle_all(one, woken)
    ((outcome,),) = first.settled
    assert (outcome.result, outcome.error, outcome.task.worker) == ("delivered", None, 7)
    ((outcome,),) = second.settled
    assert outcome.error is not None
    assert outcome.error.code is Code.REFUSED


def test_fault_of_a_task_becomes_an_outcome() -> None:
    kind, woken = FakeKind(deque([[broken]])), Woken()
    one = Scheduler((kind,), woken)
    one.lease_due(worker=1, at=AT)
    settle_all(one, woken)
    ((outcome,),) = kind.settled
    assert outcome.error is not None
    assert outcome.error.code is Code.FAULT


def test_notifications_lease_only_affected_kinds() -> None:
    affected, other = FakeKind(), FakeKind(concerned=False)
    one = Scheduler((other, affected), Woken())
    one.lease_affected(notifications=MAILS, worker=1)
    assert (len(affected.leases), len(other.leases)) == (1, 0)
    one.lease_due(worker=1)
    assert (len(affected.leases), len(other.leases)) == (2, 1)


def test_kind_stays_in_the_backlog_until_a_lease_finds_nothing_due() -> None:
    many, none = FakeKind(deque([[delivered], [delivered], None])), FakeKind()
    woken = Woken()
    one = Scheduler((none, many), woken)
    one.lease_due(worker=1, at=AT)
    assert one.kinds_with_backlog == [many]
    one.lease_backlog(worker=1)
    assert one.kinds_with_backlog == [many]
    one.lease_backlog(worker=1)
    assert one.kinds_with_backlog == []
    one.lease_backlog(worker=1)
    assert len(many.leases) == 3
    assert len(none.leases) == 1
    settle_all(one, woken)


def test_lease_of_one_kind_keeps_the_backlog_of_another() -> None:
    many, mail = FakeKind(deque([[delivered]]), concerned=False), FakeKind()
    woken = Woken()
    one = Scheduler((many, mail), woken)
    one.lease_due(worker=1, at=AT)
    one.lease_affected(notifications=MAILS, worker=1)
    assert one.kinds_with_backlog == [many]
    settle_all(one, woken)


def test_rows_without_a_call_leave_room_and_wake_the_loop() -> None:
    kind, woken = FakeKind(deque([[]])), Woken()
    one = Scheduler((kind,), woken)
    one.lease_due(worker=1, at=AT)
    assert one.has_room
    assert woken.event.is_set()
    one.lease_backlog(worker=1)
    assert not one.has_room


def test_lease_over_a_lost_connection_keeps_the_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "connection", mock.Mock(is_usable=lambda: False))
    many, failing, woken = FakeKind(deque([[delivered]])), FakeKind(), Woken()
    one = Scheduler((many, failing), woken)
    one.lease_due(worker=1, at=AT)
    many.batches.append([])

    def fail(**_asked: object) -> None:
        raise OperationalError

    failing.lease = fail  # type: ignore[method-assign]
    with pytest.raises(OperationalError):
        one.lease_due(worker=1, at=AT)
    assert one.kinds_with_backlog == [many]
    settle_all(one, woken)


def test_outcomes_wait_for_others_and_are_settled_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "GATHER_SECONDS", 60.0)
    release, woken = threading.Event(), Woken()

    def slow() -> str:
        assert release.wait(5)
        return "slow"

    kind = FakeKind(deque([[delivered, slow]]))
    one = Scheduler((kind,), woken)
    one.lease_due(worker=1, at=AT)
    woken.wait()
    assert not one.settle()
    assert one.next_settle_at is not None
    assert kind.settled == []
    release.set()
    settle_all(one, woken)
    ((first, second),) = kind.settled
    assert (first.result, second.result) == ("delivered", "slow")


def test_outcome_is_settled_at_the_end_of_its_wait_while_another_is_in_flight() -> None:
    release, woken = threading.Event(), Woken()
    kind = FakeKind(deque([[delivered, lambda: str(release.wait(5))]]))
    one = Scheduler((kind,), woken)
    one.lease_due(worker=1, at=AT)
    woken.wait()
    while not one.settle():
        pass
    ((outcome,),) = kind.settled
    assert outcome.result == "delivered"
    assert one.in_flight
    release.set()
    settle_all(one, woken)


def test_outcomes_survive_an_outage_of_the_database() -> None:
    first, second, woken = FakeKind(deque([[delivered]])), FakeKind(deque([[delivered]])), Woken()
    second.refuses = OperationalError
    one = Scheduler((first, second), woken)
    one.lease_due(worker=1, at=AT)
    with pytest.raises(OperationalError):
        settle_all(one, woken)
    assert (len(first.settled), one.next_settle_at is not None) == (1, True)
    second.refuses = None
    settle_all(one, woken)
    assert [len(first.settled), len(second.settled)] == [1, 1]


def test_lease_receives_the_calls_in_flight() -> None:
    release, woken = threading.Event(), Woken()
    kind = FakeKind(deque([[lambda: str(release.wait(5))]]))
    one = Scheduler((kind,), woken)
    one.lease_due(worker=1, at=AT)
    one.lease_due(worker=1, at=AT)
    release.set()
    settle_all(one, woken)
    one.lease_due(worker=1, at=AT)
    assert kind.leases == [{}, {"target": 1}, {}]


def test_recover_reaches_every_kind() -> None:
    kinds = (FakeKind(), FakeKind())
    one = Scheduler(kinds, Woken())
    one.lease_due(worker=1, at=AT)
    one.recover(at=AT)
    assert [kind.leases for kind in kinds] == [[], []]


def test_settle_without_outcomes_settles_nothing() -> None:
    kind, woken = FakeKind(deque([[delivered]])), Woken()
    one = Scheduler((kind,), woken)
    assert one.settle() is False
    one.lease_due(worker=1, at=AT)
    settle_all(one, woken)
    assert one.settle() is False
    assert len(kind.settled) == 1


def test_failed_call_is_logged_as_warning_with_its_queue_code_and_detail() -> None:
    def unreachable() -> str:
        raise DeliveryError(Code.UNREACHABLE, detail="connection refused")

    kind, woken = FakeKind(deque([[delivered, unreachable]])), Woken()
    one = Scheduler((kind,), woken)
    with capture_logs() as logs:
        one.lease_due(worker=1, at=AT)
        settle_all(one, woken)
    expected = {"queue": "target", "code": "unreachable", "detail": "connection refused"}
    assert logs == [{"event": "deliver.failed", "log_level": "warning", **expected}]


def test_success_after_a_failed_call_is_logged() -> None:
    kind, woken = FakeKind(deque([[refused], [delivered]])), Woken()
    one = Scheduler((kind,), woken)
    with capture_logs() as logs:
        for _ in range(2):
            one.lease_due(worker=1, at=AT)
            settle_all(one, woken)
    assert [line["event"] for line in logs] == ["deliver.failed", "deliver.recovered"]
