"""Settling: which errors end the batch for all, and which only make its outcomes be stored one by one."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
import pytest
from django.db import DataError, InterfaceError, OperationalError
from psycopg.errors import LockNotAvailable
from structlog.testing import capture_logs

from provisioning.delivery import settle
from provisioning.delivery.errors import Code
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
Outcomes = list[DeliveryOutcome[int, str]]


@dataclass
class Kind:
    """Stores outcomes, unless `refuse` has an error for them."""

    refuse: Callable[[Outcomes], Exception | None]
    calls: list[list[int]] = field(default_factory=list)
    stored: Outcomes = field(default_factory=list)

    def settle(self, *, outcomes: Outcomes, at: dt.datetime) -> None:
        self.calls.append([outcome.task.row for outcome in outcomes])
        if (error := self.refuse(outcomes)) is not None:
            raise error
        self.stored += outcomes


def outcomes() -> Outcomes:
    return [
        DeliveryOutcome(DeliveryTask(row, "target", 1, str, 1), result=f"result {row}") for row in (1, 2, 3)
    ]


def run(kind: Kind) -> None:
    settle.settle(kind=kind, outcomes=outcomes(), at=AT)  # type: ignore[arg-type]


def caused(error: Exception, cause: Exception) -> Exception:
    """Return Django's error as it stands for psycopg's."""
    error.__cause__ = cause
    return error


UNAVAILABLE = {
    "the connection, by Django": caused(OperationalError(), psycopg.OperationalError()),
    "the connection, by psycopg": psycopg.OperationalError(),
    "a closed connection": InterfaceError(),
    "a shutdown": caused(OperationalError(), psycopg.errors.AdminShutdown()),
}
OF_THE_OUTCOME = {
    "a locked row, by Django": caused(OperationalError(), LockNotAvailable()),
    "a locked row, by psycopg": LockNotAvailable(),
    "a value that no column takes": DataError(),
    "a fault": ValueError(),
}


@pytest.mark.parametrize("error", UNAVAILABLE.values(), ids=UNAVAILABLE.keys())
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_unavailable_database_ends_the_batch_at_every_step(error: Exception, calls: int) -> None:
    """In the batch, in the outcome alone, and in the fault that is stored instead: the caller keeps the outcomes."""
    kind = Kind(lambda _outcomes: error if len(kind.calls) == calls else ValueError())
    with pytest.raises(type(error)):
        run(kind)
    assert kind.calls == [[1, 2, 3], [1], [1]][:calls]


@pytest.mark.parametrize("error", OF_THE_OUTCOME.values(), ids=OF_THE_OUTCOME.keys())
def test_outcome_that_cannot_be_stored_becomes_a_fault_and_holds_up_no_other(error: Exception) -> None:
    kind = Kind(lambda outcomes: error if any(one.result == "result 2" for one in outcomes) else None)
    with capture_logs() as logs:
        run(kind)
    assert [(one.task.row, one.result, one.error and one.error.code) for one in kind.stored] == [
        (1, "result 1", None),
        (2, None, Code.FAULT),
        (3, "result 3", None),
    ]
    assert kind.calls == [[1, 2, 3], [1], [2], [2], [3]]
    assert [(line["event"], line.get("outcomes"), line.get("queue")) for line in logs] == [
        ("deliver.settle_batch_failed", 3, None),
        ("deliver.settle_failed", None, "target"),
    ]


@pytest.mark.parametrize("error", OF_THE_OUTCOME.values(), ids=OF_THE_OUTCOME.keys())
def test_outcome_of_which_no_fault_can_be_stored_holds_up_no_other(error: Exception) -> None:
    kind = Kind(lambda outcomes: error if any(one.task.row == 2 for one in outcomes) else None)
    with capture_logs() as logs:
        run(kind)
    assert [one.task.row for one in kind.stored] == [1, 3]
    assert logs[-1]["event"] == "deliver.left_to_lease_end"


def test_storable_outcomes_are_stored_together() -> None:
    kind = Kind(lambda _outcomes: None)
    run(kind)
    assert (kind.calls, len(kind.stored)) == ([[1, 2, 3]], 3)
