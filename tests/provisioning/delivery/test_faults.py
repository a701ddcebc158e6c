"""Deliverers with failing systems: retries, independence of targets, and recovery."""

import datetime as dt
import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from audit.foundation import clock
from audit.models import Event
from provisioning.accounts import reconcile
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account, Delivery
from provisioning.delivery import retry, workers
from provisioning.delivery.engine import Engine
from provisioning.delivery.errors import Code
from provisioning.delivery.task import DeliveryOutcome
from provisioning.http.pool import Pool
from provisioning.targets.models import Target
from tests.fixtures import cluster, fake_target
from tests.fixtures.deliveries import eventually, nothing_due
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World

Start = Callable[[], Engine]


def account(world: World, target: Target) -> Account:
    return Account.objects.get(user=world.olli.user, target=target)


def test_unavailable_target_delays_no_other_and_catches_up(
    world: World,
    shop: fake_target.Server,
    crm: fake_target.Server,
    ordering: Target,
    contacts: Target,
    deliverer: Start,
) -> None:
    deliverer()
    eventually(nothing_due)
    crm.be.always = Fault(reset=True)
    crowd = [world.olli, world.vilma, world.sami, world.mikko]
    for one in crowd:
        world.remove(one)
    eventually(lambda: not any(shop.record_of(one.user_id)["active"] for one in crowd[:3]), within=5)
    eventually(lambda: Target.objects.get(id=contacts.id).down_since)
    row = account(world, contacts)
    assert (row.state, row.acknowledged_active) == ("updating", True)
    assert crm.record_of(world.olli.user_id)["active"] is True
    crm.be.always = None
    eventually(lambda: not any(crm.record_of(one.user_id)["active"] for one in crowd[:3]), within=12)
    eventually(lambda: Target.objects.get(id=contacts.id).down_since is None)


def test_unavailable_target_gets_one_call_at_a_time(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    shop.be.always = Fault(status=503, before=0.1)
    reconcile.resync(accounts=Account.objects.values_list("id", flat=True))
    eventually(lambda: Target.objects.filter(failures__gte=1).exists())
    eventually(lambda: shop.open == 0)
    shop.most_open, tried = 0, len(shop.requests)
    eventually(lambda: len(shop.requests) > tried, within=15)
    time.sleep(2)
    assert shop.most_open == 1
    assert len(shop.requests) - tried <= 4
    shop.be.always = None
    eventually(nothing_due, within=12)


def test_retry_after_pauses_the_whole_target(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    shop.be.next = [Fault(status=503, retry_after=3)]
    world.remove(world.olli)
    eventually(lambda: Target.objects.get(id=ordering.id).pause_until)
    before = len(shop.requests)
    world.remove(world.vilma)
    time.sleep(1.5)
    assert len(shop.requests) == before
    assert account(world, ordering).last_error == "busy"
    eventually(lambda: not shop.record_of(world.olli.user_id)["active"], within=6)
    eventually(lambda: not shop.record_of(world.vilma.user_id)["active"], within=3)


def test_permanent_failure_is_retried_hourly_and_recorded_once(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    shop.be.always = Fault(status=403)
    done = world.remove(world.olli)
    eventually(lambda: account(world, ordering).state == "failed")
    row = account(world, ordering)
    assert row.due_at is not None
    assert (row.last_error, row.attempts) == ("unauthorized", 1)
    assert dt.timedelta(minutes=50) < row.due_at - clock.now() < dt.timedelta(minutes=61)
    failures = Event.objects.filter(verb="account.sync_failed", act=done.act)
    assert failures.count() == 1
    shop.be.always = None
    Account.objects.update(due_at=clock.now())
    eventually(lambda: not shop.record_of(world.olli.user_id)["active"])
    eventually(lambda: Event.objects.filter(verb="account.synced", act=done.act).count() == 1)


def test_unapplied_write_makes_the_account_out_of_date(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    shop.be.applies = False
    world.remove(world.olli)
    eventually(lambda: account(world, ordering).last_error == "not_applied")
    assert account(world, ordering).state == "updating", "a read may come too early"
    eventually(lambda: account(world, ordering).state == "out_of_date", within=30)
    assert account(world, ordering).attempts == 4
    assert account(world, ordering).acknowledged_active is True


def test_lost_response_is_read_first_written_once_and_read_again(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    """The first call may have been executed: the record is read first, written once, and read again later."""
    deliverer()
    eventually(nothing_due)
    before = len(shop.journal)
    shop.be.next = [
        Fault(lost_reply=True),
        Fault(lost_reply=True),
    ]  # once on a reused connection, once on a new one
    world.remove(world.olli)
    eventually(lambda: account(world, ordering).acknowledged_active is False, within=15)
    row = account(world, ordering)
    assert row.uncertain_until is not None
    assert row.due_at == row.uncertain_until
    written = len(shop.journal)
    assert 1 <= written - before <= 2
    Account.objects.update(uncertain_until=clock.now(), due_at=clock.now())
    eventually(nothing_due)
    assert account(world, ordering).uncertain_until is None
    assert len(shop.journal) == written


def test_several_deliverers_deliver_each_change_once(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    for _ in range(3):
        deliverer()
    eventually(nothing_due)
    crowd = [world.olli, world.vilma, world.sami]
    before = len(shop.journal)
    for one in crowd:
        world.remove(one)
    eventually(lambda: not any(shop.record_of(one.user_id)["active"] for one in crowd))
    eventually(nothing_due)
    assert len(shop.journal) == before + 3
    assert len(workers.live_workers()) == 3


def test_change_during_a_call_is_delivered_after_it(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    shop.be.next = [Fault(after=1.0)]
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=700))
    eventually(lambda: shop.open == 1)
    second = world.remove(world.olli)
    assert shop.open == 1, "the first call is still open"
    eventually(nothing_due)
    assert shop.record_of(world.olli.user_id)["active"] is False
    assert Delivery.objects.get(act=second.act).done_at is not None


def test_lease_of_a_live_worker_is_taken_over_after_expiry(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    """A live worker that hangs has the lease: it is taken over at the lease's end."""
    number = 7
    at = clock.now()
    with psycopg.connect(cluster.connection_url()) as alive:
        alive.execute("SELECT pg_advisory_lock(%s, %s)", [workers._LOCK_CLASS, number])
        Account.objects.update(leased_by=number, leased_until=at + dt.timedelta(seconds=3))
        deliverer()
        time.sleep(1.5)
        assert shop.journal == []
        eventually(nothing_due)
    assert shop.record_of(world.olli.user_id)["active"] is True


def test_rows_of_a_dead_worker_are_taken_at_once_and_uncertain(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    Account.objects.update(leased_by=7, leased_until=clock.now() + dt.timedelta(seconds=120))
    began = time.monotonic()
    deliverer()
    eventually(lambda: shop.by_external_id(world.olli.user_id))
    assert time.monotonic() - began < 5
    eventually(lambda: account(world, ordering).state == "up_to_date")
    assert account(world, ordering).uncertain_until is not None


def test_deliverer_survives_a_lost_database_connection(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start, database_urls: dict[str, str]
) -> None:
    deliverer()
    eventually(nothing_due)
    with psycopg.connect(database_urls["postgres"], autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'keyholder_app'",
            [connection.settings_dict["NAME"]],
        )
    connection.close()
    world.remove(world.olli)
    eventually(lambda: shop.record_of(world.olli.user_id)["active"] is False)


def test_call_whose_lease_was_lost_is_uncertain(
    world: World, shop: fake_target.Server, ordering: Target
) -> None:
    """The database crashed just after the lease, and the old call may be executed after the new one."""
    pool, at = Pool(), clock.now()
    kind = AccountDeliveries(pool=pool)
    kind.recover(at=at)
    assert not Account.objects.filter(uncertain_until__isnull=False).exists()
    (old, *others) = kind.lease(worker=1, at=at, in_flight={}) or []
    kind.settle(outcomes=[DeliveryOutcome(one, result=one.run()) for one in others], at=at)
    row = Account.objects.filter(id=old.row.account.id)
    row.update(leased_by=None, leased_until=None)
    kind.recover(at=at)
    assert Account.objects.get(uncertain_until__isnull=False).id == old.row.account.id
    (new,) = kind.lease(worker=2, at=at, in_flight={}) or []
    kind.settle(outcomes=[DeliveryOutcome(new, result=new.run())], at=at)
    assert row.get().due_at == row.get().uncertain_until == at + dt.timedelta(seconds=120)
    # A settled call is no longer in flight.
    row.update(uncertain_until=None, due_at=None)
    kind.recover(at=at)
    assert row.get().uncertain_until is None
    pool.close()


def test_each_connection_begins_with_recovery(
    world: World, deliverer: Start, database_urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(AccountDeliveries, "recover", lambda *_, **__: calls.append("recover"))
    monkeypatch.setattr(AccountDeliveries, "lease", lambda *_, **__: calls.append("lease"))
    deliverer()
    eventually(lambda: "lease" in calls)
    assert calls[0] == "recover"
    with psycopg.connect(database_urls["postgres"], autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'keyholder_app'",
            [connection.settings_dict["NAME"]],
        )
    connection.close()
    eventually(lambda: calls.count("recover") == 2)


@pytest.mark.parametrize(
    ("attempts", "code", "least", "most"),
    [
        (1, Code.TARGET_ERROR, 0.8, 1.2),
        (4, Code.TARGET_ERROR, 6.4, 9.6),
        (50, Code.TARGET_ERROR, 2880, 4320),
        (50, Code.UNREACHABLE, 4, 6),
        (1, Code.REFUSED, 3240, 3600),
    ],
)
def test_retry_delay_is_within_its_bounds(attempts: int, code: Code, least: float, most: float) -> None:
    delays = [retry.delay(attempts=attempts, code=code).total_seconds() for _ in range(50)]
    assert least <= min(delays) <= max(delays) <= most
    assert len(set(delays)) > 1


def test_retry_after_is_honored_up_to_an_hour() -> None:
    for asked, expected in ((7, 7), (10_000, 3600)):
        delay = retry.delay(attempts=9, code=Code.BUSY, retry_after=dt.timedelta(seconds=asked))
        assert delay.total_seconds() == expected
