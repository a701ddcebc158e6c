"""Liveness, readiness and metrics for the operator."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from portal.operations import metrics, readiness
from provisioning.accounts import status

LIVE, READY, METRICS = "/health/live", "/health/ready", "/metrics"


def client() -> Client:
    return Client(headers={"host": "localhost"})


def test_live_without_a_database_is_200() -> None:
    """No database fixture: a query would fail the test."""
    assert client().get(LIVE).json() == {"status": "ok"}
    assert client().post(LIVE).status_code == 405


def test_ready_with_database_keys_and_migrations_is_200(db: None) -> None:
    answer = client().get(READY)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "keys": "ok",
        "deliver": "none",
        "metrics": "ok",
    }


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
    assert answer.json() == {
        "status": "failed", "database": "failed", "migrations": "unknown", "keys": "unknown", "deliver": "unknown",
        "metrics": "ok",
    }  # fmt: skip
    connection.close()


def test_late_deliveries_are_reported_with_status_200(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "running_deliverers", lambda: 1)
    for lag, state in ((60.0, "ok"), (60.1, "late")):
        monkeypatch.setattr(status, "delivery_lag", lambda lag=lag: lag)
        answer = client().get(READY)
        assert (answer.status_code, answer.json()["deliver"]) == (200, state)


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
