"""From an act to the record in the target, as the target's own store shows it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection

from audit import sealing
from audit.checkpoints.folder import Folder
from audit.checkpoints.signer import Signer
from audit.log import refusals
from audit.models import Event, Leaf
from provisioning import deliverer as provisioning_deliverer
from provisioning.accounts import planner
from provisioning.accounts.models import Account
from provisioning.delivery import isolation
from provisioning.delivery.outage import Outage
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import eventually, nothing_due
from tests.fixtures.world import World

EXTENSION = "urn:ietf:params:scim:schemas:extension:keyholder:2.0:User"


def test_member_with_a_right_is_delivered_with_tier_limit_and_site(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Callable[[], object]
) -> None:
    deliverer()
    eventually(nothing_due)
    mikko = shop.record_of(world.mikko.user_id)
    assert mikko["active"] is True
    assert mikko["userName"] == world.mikko.user.email
    extension = mikko[EXTENSION]
    assert [one["key"] for one in extension["organizations"]] == ["koskela", "pohjola"]
    placing = next(one for one in extension["grants"] if one["entitlement"] == "ordering:orders.place")
    assert (placing["role"], placing["siteName"]) == ("orderer", "Tampere")
    (limit,) = extension["limits"]
    assert (limit["amount"], limit["currency"], limit["period"]) == ("5000.00", "EUR", "order")
    assert set(Account.objects.values_list("state", flat=True)) <= {"up_to_date", "not_needed"}


def test_leaver_is_deactivated_and_stays_active_for_another_customer(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Callable[[], object]
) -> None:
    deliverer()
    eventually(nothing_due)
    world.remove(world.olli)
    eventually(lambda: shop.record_of(world.olli.user_id)["active"] is False)
    world.remove(world.mikko)
    eventually(lambda: len(_active_organizations(shop, world)) == 1)
    mikko = shop.record_of(world.mikko.user_id)
    assert mikko["active"] is True
    assert _active_organizations(shop, world) == ["pohjola"]


def test_slow_sweep_repeats_within_five_seconds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No notification announces a due retry, boundary or resync: the sweep finds it."""
    monkeypatch.setattr(planner, "sweep", lambda **_: time.sleep(0.3))
    engine = provisioning_deliverer.create()
    engine._sweep()
    pause = engine._next_sweep - time.monotonic()
    assert 1 < pause <= 5


def test_stopping_deliverer_seals_waiting_events_and_signs_a_checkpoint(
    world: World, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without regard to the interval since the last checkpoint."""
    run = Signer.run
    monkeypatch.setattr(Signer, "run", lambda signer, *, now: run(signer, now=now) if now else None)
    settings.CHECKPOINTS_FOLDER = tmp_path / "checkpoints"
    folder = Folder(settings.CHECKPOINTS_FOLDER)
    folder.make_key(origin="kivisalo.example/log", replace=False)
    engine = provisioning_deliverer.create()
    engine.stop()
    engine._background_maintenance()
    latest = folder.latest()
    assert latest is not None
    assert latest.checkpoint.size == Event.objects.count() == Leaf.objects.count()


def test_failing_flush_of_repeats_stops_neither_sealing_nor_signing(
    world: World, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise ValueError("a counter that cannot be flushed")

    monkeypatch.setattr(refusals, "flush_repeats", fail)
    monkeypatch.setattr(Signer, "run", lambda _, *, now: signed.append(now))
    signed: list[bool] = []
    engine = provisioning_deliverer.create()
    engine.stop()
    engine._background_maintenance()
    assert (Leaf.objects.count(), signed) == (Event.objects.count(), [True])


@pytest.mark.parametrize("failing", ["seal_all", "run"])
def test_failing_sealing_or_signing_does_not_stop_the_flush_of_repeats(
    world: World, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise ValueError("this fails")

    flushed: list[bool] = []
    monkeypatch.setattr(sealing if failing == "seal_all" else Signer, failing, fail)
    monkeypatch.setattr(refusals, "flush_repeats", lambda: flushed.append(True))
    engine = provisioning_deliverer.create()
    engine.stop()
    engine._background_maintenance()
    assert flushed == [True]


@pytest.mark.parametrize("table", ["audit_refusal", "audit_checkpoint"])
def test_maintenance_while_another_transaction_holds_a_table_gives_up_one_task_and_goes_on(
    world: World, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """LOCK TABLE is open to the application's role, and one thread seals, signs and flushes."""

    def fail(_: Outage, error: Exception) -> float:
        errors.append(str(error))
        return 0.0

    errors: list[str] = []
    monkeypatch.setattr(Outage, "failed", fail)
    settings.CHECKPOINTS_FOLDER = tmp_path / "checkpoints"
    folder = Folder(settings.CHECKPOINTS_FOLDER)
    folder.make_key(origin="kivisalo.example/log", replace=False)
    monkeypatch.setattr(isolation, "LOCK_TIMEOUT", "50ms")
    engine = provisioning_deliverer.create()
    engine.stop()
    with psycopg.connect(os.environ["DATABASE_URL"]) as holder, connection.cursor() as cursor:
        holder.execute(f"LOCK TABLE {table}")
        cursor.execute("SET statement_timeout = '20s'")  # without a lock timeout, this ends the test
        engine._background_maintenance()
    (error,) = errors
    assert "lock timeout" in error
    latest = folder.latest()
    assert latest is not None
    assert latest.checkpoint.size == Event.objects.count() == Leaf.objects.count()


def _active_organizations(shop: fake_target.Server, world: World) -> list[str]:
    extension = shop.record_of(world.mikko.user_id)[EXTENSION]
    return [one["key"] for one in extension["organizations"] if one["active"]]
