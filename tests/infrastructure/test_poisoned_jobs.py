"""A holder of the queue's address sends messages that Celery fails on: the worker goes on, and they are set aside."""

import base64
import contextlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.core.management import call_command
from kombu.connection import Connection
from psycopg.types.json import Jsonb
from pytest_django.fixtures import Settings

from portal.celery import app as portal_app
from portal.embedded_postgres import SUPERUSER
from portal.jobs import set_aside, transport
from provisioning import tasks
from provisioning.delivery.heartbeats import ProcessKind
from provisioning.delivery.models import Heartbeat
from tests.fixtures import cluster
from tests.fixtures.deliveries import eventually

pytestmark = pytest.mark.django_db(transaction=True)

EMBED: dict[str, Any] = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def message(content: object = ([], {}, EMBED), **headers: object) -> dict[str, Any]:
    """A message in Kombu's form."""
    body = base64.b64encode(json.dumps(content).encode()).decode()
    return {
        "body": body, "content-type": "application/json", "content-encoding": "utf-8",
        "headers": {"task": tasks.heartbeat.name, "id": str(uuid.uuid4())} | headers,
        "properties": {"body_encoding": "base64", "delivery_tag": "x", "delivery_info": {}},
    }  # fmt: skip


PICKLE = base64.b64encode(b"cos\nsystem\n(S'true'\ntR.").decode()
POISON: dict[str, Any] = {
    "null": None, "number": 3, "text": "x", "list": [1], "empty": {}, "no headers": {"body": "e30="},
    "no properties": {name: value for name, value in message().items() if name != "properties"} | {"headers": None},
    "no base64": message() | {"body": "é"}, "a body of another kind": message() | {"body": [1]},
    "pickle": message() | {"body": PICKLE, "content-type": "application/x-python-serialize"},
    "unknown task": message(task="os.system"), "task of another kind": message(task=["x"]),
    "compressed": message() | {"body": "eJw=", "headers": {"task": "provisioning.tidy", "compression": "zlib"}},
    "expiry of another kind": message(expires=[1]), "large": message([["x" * 40_000], {}, EMBED]),
}  # fmt: skip


class Queue:
    """The tables of the queue, as its role sees them."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._sql = psycopg.connect(address.replace("pgmq:", "postgresql:", 1), autocommit=True)
        self._sql.execute("SELECT pgmq.create('celery')")

    def send(self, content: object) -> None:
        self._sql.execute("SELECT pgmq.send('celery', %s)", [Jsonb(content)])

    def send_text(self, text: str) -> None:
        self._sql.execute("SELECT pgmq.send('celery', %s::jsonb)", [text])

    def waiting(self) -> int:
        return self._count("q_celery")

    def archived(self) -> int:
        return self._count("a_celery")

    def show_again(self) -> None:
        self._sql.execute("UPDATE pgmq.q_celery SET vt = now() - interval '1 second'")

    def close(self) -> None:
        self._sql.close()

    def _count(self, table: str) -> int:
        row = self._sql.execute(f"SELECT count(*) FROM pgmq.{table}").fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def jobs(
    queue: str, database_urls: cluster.Urls, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Queue]:
    monkeypatch.setenv("ADMIN_DATABASE_URL", database_urls[SUPERUSER])
    monkeypatch.setattr(set_aside, "_last", [])
    call_command("database", "prepare", verbosity=0)
    opened = Queue(queue)
    yield opened
    opened.close()


def options(address: str) -> dict[str, Any]:
    return {
        "conn_string": address.replace("pgmq:", "postgresql:", 1), "init_extension": False, "wait_time_seconds": 0,
        "polling_interval": 0.05, "visibility_timeout": 900,
    }  # fmt: skip


@pytest.fixture
def channel(jobs: Queue) -> Iterator[transport.JobChannel]:
    opened = Connection(  # type: ignore[no-untyped-call]
        jobs.address, transport="portal.jobs.transport:JobTransport", transport_options=options(jobs.address)
    )
    with opened:
        found = opened.default_channel
        assert isinstance(found, transport.JobChannel)
        yield found
        found.pgmq.close()


def received(channel: transport.JobChannel) -> list[str]:
    return [found.message["headers"]["id"] for found in channel._receive_messages("celery", 100)]


def test_messages_that_are_no_jobs_are_archived_and_the_others_are_read(
    jobs: Queue, channel: transport.JobChannel
) -> None:
    good = message()
    for content in POISON.values():
        jobs.send(content)
    jobs.send(good)
    jobs.send_text("[" * 3000 + "]" * 3000)
    assert received(channel) == [good["headers"]["id"]]
    assert (jobs.waiting(), jobs.archived()) == (1, len(POISON) + 1)
    assert Heartbeat.objects.filter(kind=ProcessKind.SET_ASIDE).count() == 1


def test_message_read_too_often_is_archived(jobs: Queue, channel: transport.JobChannel) -> None:
    jobs.send(message())
    for _ in range(transport.MAX_READS):
        assert len(received(channel)) == 1
        jobs.show_again()
    assert received(channel) == []
    assert (jobs.waiting(), jobs.archived()) == (0, 1)


def test_archive_keeps_the_newest_messages(
    jobs: Queue, channel: transport.JobChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_KEPT", 3)
    for _ in range(10):
        jobs.send(None)
    assert received(channel) == []
    assert (jobs.waiting(), jobs.archived()) == (0, 3)


SETTINGS = (
    "accept_content", "task_serializer", "worker_consumer", "worker_enable_remote_control", "task_acks_late",
)  # fmt: skip


@contextlib.contextmanager
def working(broker: str, **settings: object) -> Iterator[Celery]:
    """Run a worker with the product's settings in a thread."""
    app = Celery("test", broker=broker, set_as_current=True)
    app.config_from_object({name: portal_app.conf[name] for name in SETTINGS} | settings)
    try:
        with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
            yield app
    finally:
        portal_app.set_current()


def has_worked() -> bool:
    return Heartbeat.objects.filter(kind=ProcessKind.WORKER).exists()


def test_worker_among_messages_that_are_no_jobs_goes_on(jobs: Queue) -> None:
    for content in POISON.values():
        jobs.send(content)
    with working(
        jobs.address,
        broker_transport="portal.jobs.transport:JobTransport",
        broker_transport_options=options(jobs.address),
    ):
        jobs.send(message())
        eventually(has_worked, within=30.0)
        eventually(lambda: jobs.waiting() == 0)
    assert jobs.archived() == len(POISON)


def test_worker_of_another_broker_among_messages_that_are_no_jobs_goes_on(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_aside, "_last", [])
    with working("memory://") as app, app.producer_or_acquire() as producer:
        for headers in ({"task": ["x"]}, {"task": "os.system"}, {}, {"task": "provisioning.tidy", "id": [1]}):
            producer.publish(
                b"{",
                routing_key="celery",
                headers=headers,
                content_type="application/json",
                content_encoding="utf-8",
            )
        eventually(lambda: Heartbeat.objects.filter(kind=ProcessKind.SET_ASIDE).exists(), within=30.0)
        app.send_task(tasks.heartbeat.name)
        eventually(has_worked, within=30.0)
