"""Liveness, readiness and metrics for the operator."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from audit.foundation import clock
from portal.operations import metrics, readiness, shared_cache
from provisioning.accounts import status
from provisioning.accounts.models import Cursor
from provisioning.delivery import heartbeats
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.heartbeats import ProcessKind
from provisioning.delivery.models import Heartbeat
from provisioning.delivery.task import DeliveryOutcome
from provisioning.mail import queue
from provisioning.mail.delivery import MailDeliveries
from provisioning.mail.queue import Draft
from tests.fixtures.deliveries import plan_all
from tests.fixtures.world import World

LIVE, READY, METRICS = "/health/live", "/health/ready", "/metrics"


def client() -> Client:
    return Client(headers={"host": "localhost"})


def test_live_without_a_database_is_200() -> None:
    """No database fixture: a query would fail the test."""
    assert client().get(LIVE).json() == {"status": "ok"}
    assert client().post(LIVE).status_code == 405


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "FRESH_SECONDS", -1.0)


REQUIRED = {"database": "ok", "migrations": "ok", "keys": "ok", "cache": "ok", "static": "ok"}
REPORTED = {
    "deliver": "none", "checkpoints": "none", "mail": "ok", "targets": "ok", "worker": "none", "beat": "none",
    "queue": "ok", "metrics": "ok",
}  # fmt: skip


def test_ready_with_everything_that_pages_need_is_200(db: None) -> None:
    answer = client().get(READY)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", **REQUIRED, **REPORTED, "build": settings.BUILD}


def test_ready_with_a_missing_migration_is_503(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    required = readiness.required_migrations() | {("portal", "0999_of_the_future")}
    monkeypatch.setattr(readiness, "required_migrations", lambda: required)
    answer = client().get(READY)
    assert (answer.status_code, answer.json()["migrations"]) == (503, "missing")


def test_ready_without_signing_keys_is_503(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.KEYS_FOLDER = tmp_path
    answer = client().get(READY)
    assert (answer.status_code, answer.json()["keys"]) == (503, "failed")


def test_ready_without_the_database_is_503(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    answer = client().get(READY)
    assert answer.status_code == 503
    unknown = dict.fromkeys([*REQUIRED, *REPORTED], "unknown")
    assert answer.json() == {
        **unknown, "status": "failed", "database": "failed", "build": settings.BUILD,
    }  # fmt: skip
    connection.close()


def test_ready_with_a_cache_that_keeps_nothing_is_503(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the cache, every sign-in would fail."""
    monkeypatch.setattr(shared_cache.PostgresCache, "set", lambda *_args, **_how: None)
    answer = client().get(READY)
    assert (answer.status_code, answer.json()["cache"]) == (503, "failed")

    def refuse(*_args: object, **_how: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(shared_cache.PostgresCache, "set", refuse)
    assert client().get(READY).json()["cache"] == "failed"


def test_ready_is_computed_once_a_second_for_all_who_ask(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 3600.0)
    monkeypatch.setattr(readiness, "_memo", [])
    client().get(READY)
    with CaptureQueriesContext(connection) as statements:
        assert client().get(READY).status_code == 200
    assert len(statements) == 0


@pytest.fixture
def deliverer_connected(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "running_deliverers", lambda: 1)


def test_deliverer_that_is_connected_and_does_nothing_is_stuck(deliverer_connected: None) -> None:
    assert client().get(READY).json()["deliver"] == "stuck"
    heartbeats.record(kind=ProcessKind.DELIVER)
    assert client().get(READY).json()["deliver"] == "ok"


def test_planning_beyond_the_head_of_a_chain_is_inconsistent(deliverer_connected: None) -> None:
    chain = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_chain (id, kind) VALUES (%s, 'organization')", [chain])
    Cursor.objects.create(chain=chain, seq=1)
    assert client().get(READY).json()["deliver"] == "inconsistent"


def test_late_deliveries_are_reported_with_status_200(
    deliverer_connected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeats.record(kind=ProcessKind.DELIVER)
    for lag, state in ((60.0, "ok"), (60.1, "late")):
        monkeypatch.setattr(status, "delivery_lag", lambda lag=lag: lag)
        answer = client().get(READY)
        assert (answer.status_code, answer.json()["deliver"]) == (200, state)


def test_event_that_cannot_be_planned_is_reported_as_late(
    deliverer_connected: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeats.record(kind=ProcessKind.DELIVER)
    plan_all()
    world.remove(world.olli)
    assert client().get(READY).json()["deliver"] == "ok"
    monkeypatch.setattr(readiness, "LATE", 0.0)
    monkeypatch.setattr(readiness, "_is_recent", lambda *_: True)
    assert client().get(READY).json()["deliver"] == "late"
    plan_all()
    assert client().get(READY).json()["deliver"] == "ok"


def test_failing_mail_is_reported_from_its_first_failure_with_status_200(db: None) -> None:
    queue.queue(Draft(to="mikko@koskela.example", subject="Hei", text="Hei!", purpose="invitation"))
    assert client().get(READY).json()["mail"] == "ok"
    mails = MailDeliveries()
    (task,) = mails.lease(worker=1, at=clock.now(), in_flight={}) or []
    outcome = DeliveryOutcome(task, error=DeliveryError(Code.UNREACHABLE))
    mails.settle(outcomes=[outcome], at=clock.now())
    answer = client().get(READY)
    assert (answer.status_code, answer.json()["mail"]) == (200, "failing")
    text = client().get(METRICS).content.decode()
    assert 'keyholder_deliveries_failing{kind="mail"} 1.0' in text


def test_jobs_and_their_timer_are_reported_by_their_heartbeats(db: None) -> None:
    for kind, name in ((ProcessKind.WORKER, "worker"), (ProcessKind.BEAT, "beat")):
        assert client().get(READY).json()[name] == "none"
        heartbeats.record(kind=kind)
        assert client().get(READY).json()[name] == "ok"
    Heartbeat.objects.update(seen_at=clock.now() - dt.timedelta(seconds=readiness.JOBS_LATE + 1))
    assert {client().get(READY).json()[name] for name in ("worker", "beat")} == {"none"}
    assert 'keyholder_processes{kind="beat"} 0.0' in client().get(METRICS).content.decode()


def test_message_that_was_set_aside_is_reported_for_a_day(db: None) -> None:
    assert "jobs_set_aside" not in client().get(METRICS).content.decode()
    heartbeats.record(kind=ProcessKind.SET_ASIDE)
    assert client().get(READY).json()["queue"] == "set_aside"
    assert "keyholder_jobs_set_aside_age_seconds" in client().get(METRICS).content.decode()
    Heartbeat.objects.update(seen_at=clock.now() - dt.timedelta(days=1, seconds=1))
    assert client().get(READY).json()["queue"] == "ok"


def test_metrics_name_the_build(db: None) -> None:
    text = client().get(METRICS).content.decode()
    assert f'keyholder_build_info{{build="{settings.BUILD}",' in text


def test_metrics_without_the_database_still_count_requests(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    answer = client().get(METRICS)
    assert answer.status_code == 200
    assert b"keyholder_request_seconds" in answer.content
    connection.close()


def test_metrics_are_given_to_loopback_or_with_the_token(db: None, settings: Settings) -> None:
    text = client().get(METRICS).content.decode()
    assert "keyholder_deliveries_late_seconds" in text
    client().get(LIVE)
    assert 'keyholder_request_seconds_count{method="GET",route="health/live",status="2xx"}' in (
        client().get(METRICS).content.decode()
    )
    far: Any = {"REMOTE_ADDR": "203.0.113.9"}
    assert client().get(METRICS, **far).status_code == 404
    settings.METRICS_TOKEN = "a token of the operator"
    assert client().get(METRICS).status_code == 404
    bearer: Any = {"HTTP_AUTHORIZATION": "Bearer a token of the operator"}
    assert client().get(METRICS, **far, **bearer).status_code == 200


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via"])
def test_metrics_through_a_proxy_need_the_token(db: None, settings: Settings, header: str) -> None:
    """Behind a proxy on the same machine every stranger comes from loopback."""
    assert client().get(METRICS, headers={header: "127.0.0.1"}).status_code == 404
    settings.PROXIES = 1
    assert client().get(METRICS).status_code == 404
    settings.METRICS_TOKEN = "a token of the operator"
    bearer = {"Authorization": "Bearer a token of the operator", header: "203.0.113.9"}
    assert client().get(METRICS, headers=bearer).status_code == 200


def test_unknown_methods_share_one_label() -> None:
    metrics.record_request(method="BREW", route="", status=405, seconds=0.1)
    assert b'method="BREW"' not in metrics.text(gauges=[])
