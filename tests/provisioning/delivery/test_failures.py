"""What operators see of failures: log lines with a cause, and the wait of the deliverer for its database."""

import psycopg
import pytest
from django.db import DataError, OperationalError, connection
from structlog.testing import capture_logs

from provisioning.accounts import planner
from provisioning.delivery import outage
from provisioning.delivery.engine import Engine
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.failure_log import FailureLog
from provisioning.delivery.outage import Outage

DOWN = DeliveryError(Code.UNREACHABLE, detail="127.0.0.1:25: Connection refused")


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_failure_is_logged_with_its_cause_at_once_and_once_a_minute() -> None:
    clock = Clock()
    failures = FailureLog(clock)
    with capture_logs() as lines:
        for _ in range(100):
            failures.failed(queue="mail", error=DOWN)
        clock.seconds += 60
        failures.failed(queue="mail", error=DOWN)
    line = {
        "event": "deliver.failed", "log_level": "warning", "queue": "mail", "code": "unreachable",
        "detail": "127.0.0.1:25: Connection refused",
    }  # fmt: skip
    assert lines == [line, line | {"repeated": 99}]


def test_each_queue_and_each_code_is_logged() -> None:
    failures = FailureLog(Clock())
    with capture_logs() as lines:
        failures.failed(queue="mail", error=DOWN)
        failures.failed(queue="mail", error=DeliveryError(Code.BUSY))
        failures.failed(queue="shop", error=DOWN)
    assert [(line["queue"], line["code"]) for line in lines] == [
        ("mail", "unreachable"), ("mail", "busy"), ("shop", "unreachable"),
    ]  # fmt: skip


def test_flapping_queue_is_logged_once_a_minute() -> None:
    failures = FailureLog(Clock())
    with capture_logs() as lines:
        for _ in range(5):
            failures.failed(queue="mail", error=DOWN)
            failures.succeeded(queue="mail")
        failures.succeeded(queue="mail")
    assert [line["event"] for line in lines].count("deliver.failed") == 1
    assert lines[1] == {"event": "deliver.recovered", "log_level": "info", "queue": "mail"}


def test_fault_is_logged_with_its_traceback_once() -> None:
    failures, fault = FailureLog(Clock()), ZeroDivisionError()
    with capture_logs() as lines:
        for _ in range(3):
            failures.failed(queue="mail", error=DeliveryError(Code.FAULT), fault=fault)
    assert [line["exc_info"] for line in lines] == [fault]


def test_outage_waits_longer_each_time_and_begins_again() -> None:
    state = Outage(monotonic=Clock())
    error = OperationalError("connection refused")
    assert [state.failed(error) for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    state.ended()
    assert state.failed(error) == outage.FIRST_SECONDS


def test_outage_names_each_cause_once_a_minute() -> None:
    clock = Clock()
    state = Outage(monotonic=clock)
    password = psycopg.OperationalError(
        'connection failed: password authentication failed for user "x"\nmore'
    )
    with capture_logs() as lines:
        for error in [password, OperationalError("refused")] * 10:
            state.failed(error)
        state.ended()
        state.ended()
        clock.seconds += 60
        state.failed(password)
    assert [(line["event"], line["log_level"], line.get("cause")) for line in lines] == [
        (
            "deliver.database_unavailable",
            "warning",
            'OperationalError: connection failed: password authentication failed for user "x"',
        ),
        ("deliver.database_unavailable", "warning", "OperationalError: refused"),
        ("deliver.database_available", "info", None),
        (
            "deliver.database_unavailable",
            "warning",
            'OperationalError: connection failed: password authentication failed for user "x"',
        ),
    ]


def test_fault_of_the_deliverer_is_logged_with_its_traceback_once() -> None:
    state, fault = Outage(monotonic=Clock()), DataError("a column is missing")
    with capture_logs() as lines:
        for _ in range(5):
            state.failed(fault)
        state.ended()
        state.ended()
    assert [(line["event"], line.get("exc_info")) for line in lines] == [
        ("deliver.fault", fault),
        ("deliver.fault_ended", None),
    ]


def test_second_thread_leaves_an_unavailable_database_to_the_first() -> None:
    state = Outage(names_database=False, monotonic=Clock())
    with capture_logs() as lines:
        state.failed(OperationalError("refused"))
        state.ended()
    assert lines == []


def test_deliverer_with_a_wrong_password_says_so_once_and_recovers(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this thread: the third attempt finds the right password, the fourth stops."""
    engine = Engine(kinds=(), planner=planner, on_stop=lambda: None)
    right, wrong = connection.settings_dict["PASSWORD"], "not-the-password"
    waits: list[float] = []
    failed = Outage.failed

    def count(state: Outage, error: Exception) -> float:
        pause = failed(state, error)
        if state.names_database:
            waits.append(pause)
            if len(waits) == 3:
                connection.settings_dict["PASSWORD"] = right
        return 0.01

    monkeypatch.setattr(Outage, "failed", count)
    monkeypatch.setattr(Engine, "_loop", lambda self, _notified: (self._outage.ended(), self.stop()))
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", wrong)
    with capture_logs() as lines:
        engine.run()
    assert waits == [0.5, 1.0, 2.0]
    assert [line["event"] for line in lines if line["event"].startswith("deliver.")] == [
        "deliver.database_unavailable", "deliver.listening", "deliver.database_available",
    ]  # fmt: skip
    assert "password authentication failed" in lines[0]["cause"]
    assert wrong not in lines[0]["cause"]
