"""`manage.py database prepare`, Celery's broker and its refusals."""

import datetime as dt
import io
import pathlib

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from portal import celery
from portal.embedded_postgres import APP, OWNER, SUPERUSER
from provisioning import tasks
from provisioning.delivery import heartbeats
from provisioning.delivery.heartbeats import ProcessKind
from provisioning.delivery.models import Heartbeat
from tests.fixtures import cluster

ROOT = pathlib.Path(__file__).parents[2]


def prepare() -> str:
    output = io.StringIO()
    call_command("database", "prepare", stdout=output)
    return output.getvalue()


def test_database_prepare_makes_the_job_queue_and_may_be_run_again(
    queue: str, database_urls: cluster.Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_DATABASE_URL", database_urls[SUPERUSER])
    for _ in range(2):
        assert prepare() == "The roles and the database are ready.\nThe job queue is ready.\n"
    with psycopg.connect(queue.replace("pgmq:", "postgresql:", 1), autocommit=True) as jobs:
        jobs.execute("SELECT pgmq.create('celery')")
        assert jobs.execute("""SELECT count(*) FROM pgmq.send('celery', '{"job": 1}')""").fetchone() == (1,)
        name = jobs.info.dbname
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(database_urls[APP], dbname=name)
    for role in (OWNER, APP):
        psycopg.connect(database_urls[role]).close()


def test_database_prepare_names_missing_settings(
    database_urls: cluster.Urls, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADMIN_DATABASE_URL", raising=False)
    with pytest.raises(CommandError, match="ADMIN_DATABASE_URL is not set"):
        prepare()
    monkeypatch.setenv("ADMIN_DATABASE_URL", database_urls[SUPERUSER])
    monkeypatch.setitem(settings.DATABASES["owner"], "USER", "postgres")
    with pytest.raises(CommandError, match="OWNER_DATABASE_URL must have the user keyholder_owner"):
        prepare()


def test_database_prepare_shows_the_error_of_the_server(
    database_urls: cluster.Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_DATABASE_URL", database_urls[APP])
    with pytest.raises(CommandError, match=r"The server refused: .*permission denied"):
        prepare()


def test_task_without_a_broker_is_refused() -> None:
    assert django_settings.CELERY_BROKER_URL == django_settings.NO_BROKER
    with pytest.raises(OperationalError):
        tasks.heartbeat.apply_async(retry=False)


def test_task_of_the_timer_records_the_worker(db: None) -> None:
    tasks.heartbeat()
    assert [row.kind for row in Heartbeat.objects.all()] == [ProcessKind.WORKER.value]


def test_timer_records_its_heartbeat_at_every_tick(db: None, tmp_path: pathlib.Path) -> None:
    timer = celery.HeartbeatScheduler(celery.app, schedule_filename=str(tmp_path / "schedule"))
    timer.schedule.clear()
    timer.tick()
    assert heartbeats.latest(kind=ProcessKind.BEAT, within=dt.timedelta(minutes=1)).running == 1


def test_schedule_of_the_timer_lies_in_the_home_folder() -> None:
    assert celery.app.conf.beat_schedule_filename == str(django_settings.HOME / "celery-beat")
    assert celery.app.conf.beat_scheduler == "portal.celery:HeartbeatScheduler"
