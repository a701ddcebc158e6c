"""Heartbeats of processes without a port."""

import datetime as dt
from collections.abc import Callable

from django.conf import settings

from audit.foundation import clock
from provisioning.delivery import heartbeats
from provisioning.delivery.engine import Engine
from provisioning.delivery.heartbeats import LastHeartbeat, ProcessKind
from provisioning.delivery.models import Heartbeat as Row
from tests.fixtures.deliveries import eventually

Start = Callable[[], Engine]
MINUTE = dt.timedelta(minutes=1)


def latest(kind: ProcessKind) -> LastHeartbeat:
    return heartbeats.latest(kind=kind, within=MINUTE)


def test_process_that_was_never_seen_is_not_running(db: None) -> None:
    heartbeats.record(kind=ProcessKind.WORKER)
    assert latest(ProcessKind.WORKER).running == 1
    assert latest(ProcessKind.BEAT) == LastHeartbeat(ProcessKind.BEAT)


def test_process_has_one_row_that_shows_its_build_and_its_age(db: None) -> None:
    heartbeats.record(kind=ProcessKind.BEAT)
    heartbeats.record(kind=ProcessKind.BEAT)
    row = Row.objects.get()
    assert (row.kind, row.build) == ("beat", settings.BUILD)
    assert latest(ProcessKind.BEAT).running == 1
    Row.objects.update(seen_at=clock.now() - 2 * MINUTE)
    found = latest(ProcessKind.BEAT)
    assert found.running == 0
    assert found.age_seconds is not None
    assert found.age_seconds >= 120
    Row.objects.update(seen_at=clock.now() - dt.timedelta(days=3))
    assert (latest(ProcessKind.BEAT).age_seconds or 0) >= 3 * 86_400


def test_processes_that_ended_yesterday_are_forgotten(db: None) -> None:
    heartbeats.record(kind=ProcessKind.BEAT)
    Row.objects.update(seen_at=clock.now() - dt.timedelta(days=1, seconds=1))
    heartbeats._process.cache_clear()
    heartbeats.record(kind=ProcessKind.BEAT)
    assert Row.objects.count() == 1


def test_last_row_of_a_kind_stays_until_the_next_process_of_that_kind(db: None) -> None:
    heartbeats.record(kind=ProcessKind.DELIVER)
    Row.objects.update(seen_at=clock.now() - dt.timedelta(days=2))
    heartbeats.record(kind=ProcessKind.BEAT)
    assert (latest(ProcessKind.DELIVER).age_seconds or 0) > dt.timedelta(days=1).total_seconds()


def test_deliverer_records_its_heartbeat(deliverer: Start) -> None:
    deliverer()
    eventually(lambda: latest(ProcessKind.DELIVER).running == 1)
