"""A second session of the application's role holds locks and writes rows: the deliverer goes on with all others."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import structlog
from django.db import Error, connection, transaction

from audit.models import Inbox
from delegation.people.commands import members as people_commands
from portal import embedded_postgres
from provisioning.accounts import planner
from provisioning.accounts.models import Account
from provisioning.delivery import heartbeats, isolation, workers
from provisioning.delivery.engine import Engine
from provisioning.targets.models import Target
from tests.fixtures import concurrency, fake_target
from tests.fixtures.deliveries import eventually, nothing_due, plan_all
from tests.fixtures.world import World, actor_of

Start = Callable[[], Engine]


@pytest.fixture
def intruder(database_urls: dict[str, str]) -> Iterator[psycopg.Connection]:
    """A second session of the application's role, with an open transaction."""
    with psycopg.connect(database_urls[embedded_postgres.APP]) as session:
        yield session
        session.rollback()


@pytest.mark.usefixtures("ordering")
@pytest.mark.parametrize("table", ["provisioning_heartbeat", "audit_refusal"])
def test_leaver_is_closed_and_sealed_while_a_table_of_lesser_tasks_is_locked(
    world: World,
    shop: fake_target.Server,
    deliverer: Start,
    intruder: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
) -> None:
    monkeypatch.setattr(heartbeats, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(isolation, "LOCK_TIMEOUT", "100ms")
    deliverer()
    eventually(nothing_due)
    intruder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    concurrency.wait_until_blocking(intruder.info.backend_pid)
    world.remove(world.olli)
    eventually(lambda: shop.record_of(world.olli.user_id)["active"] is False, within=20)
    eventually(lambda: not Inbox.objects.exists(), within=20)


def test_leaver_is_closed_while_another_chain_cannot_be_planned(
    world: World,
    shop: fake_target.Server,
    ordering: Target,
    deliverer: Start,
    intruder: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(isolation, "LOCK_TIMEOUT", "100ms")
    deliverer()
    eventually(nothing_due)
    intruder.execute("SELECT FROM provisioning_cursor WHERE chain = %s FOR UPDATE", [world.pohjola.id])
    people_commands.remove(actor=actor_of(world.tiina), memberships=[world.mikko_at_pohjola], reason="left")
    world.remove(world.olli)
    eventually(lambda: shop.record_of(world.olli.user_id)["active"] is False, within=20)


def test_malformed_notifications_stop_no_delivery(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    engine = deliverer()
    eventually(nothing_due)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('keyholder_chain', 'x')")
    worker = engine._listener.worker if engine._listener else 0
    world.remove(world.olli)
    eventually(lambda: shop.record_of(world.olli.user_id)["active"] is False)
    assert engine._listener is not None
    assert engine._listener.worker == worker, "the same connection"


@pytest.mark.parametrize(
    "assignments",
    [
        "acknowledged_rights = '5'",
        """acknowledged_rights = '{"a": 5}'""",
        """acknowledged_rights = '{"a": [5]}'""",
        "observed = '[]'",
        """observed = '{"active": true}'""",
        """observed = '{"active": true, "rights": {"a": 1}}'""",
        "generation = 2147483647",
        "attempts = 2147483647",
    ],
)
def test_account_with_an_unusable_value_is_refused(world: World, ordering: Target, assignments: str) -> None:
    plan_all()
    with pytest.raises(Error, match="violates check constraint"), transaction.atomic():
        _sql(f"UPDATE provisioning_account SET {assignments}")


def test_highest_number_of_a_worker_can_be_stored(
    world: World, ordering: Target, monkeypatch: pytest.MonkeyPatch, owner: psycopg.Connection
) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda bound: bound - 1)
    plan_all()
    _sql("UPDATE provisioning_account SET leased_by = %s", workers.register(connection=owner))
    assert Account.objects.filter(leased_by=2_000_000_000).exists()


def test_highest_generation_is_followed_by_the_first(world: World, ordering: Target) -> None:
    plan_all()
    _sql("UPDATE provisioning_account SET generation = 2000000000")
    world.remove(world.olli)
    plan_all()
    assert Account.objects.get(user=world.olli.user).generation == 1
    assert planner.behind() == []


def _sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.django_db
def test_outage_of_a_step_ends_when_the_last_that_it_failed_for_succeeds() -> None:
    def fail() -> None:
        raise ValueError("this fails")

    connection.ensure_connection()
    steps = isolation.Isolation()
    with structlog.testing.capture_logs() as logs:
        for chain in ("one", "two"):
            steps.run("plan", fail, None, of=chain)
        for chain in ("three", "one"):
            steps.run("plan", lambda: None, None, of=chain)
        assert [entry["event"] for entry in logs] == ["deliver.fault"]
        steps.run("plan", lambda: None, None, of="two")
        assert [entry["event"] for entry in logs] == ["deliver.fault", "deliver.fault_ended"]
