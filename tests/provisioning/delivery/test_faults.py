"""Deliverers among systems that fail: what is retried when, who waits for whom, and what survives."""

import datetime as dt
import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from audit.foundation import clock
from audit.models import Event
from provisioning.accounts import reconcile
from provisioning.accounts.converge import AccountDeliveries
from provisioning.accounts.models import Account, Delivery
from provisioning.deliverer import Deliverer
from provisioning.delivery import leases, retry, workers
from provisioning.delivery.errors import Code
from provisioning.delivery.task import DeliveryOutcome
from provisioning.http.pool import Pool
from provisioning.targets.models import Target
from tests.fixtures import fake_target as far
from tests.fixtures.deliveries import eventually, settled
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World

Start = Callable[[], Deliverer]


def account(world: World, target: Target) -> Account:
    return Account.objects.get(user=world.olli.user, target=target)


def test_a_dead_target_holds_up_nobody_and_hears_everything_after_its_return(
    world: World, shop: far.Server, crm: far.Server, ordering: Target, contacts: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    crm.be.always = Fault(reset=True)
    crowd = [world.olli, world.vilma, world.sami, world.mikko]
    for one in crowd:
        world.remove(one)
    eventually(lambda: not any(shop.one(one.user_id)["active"] for one in crowd[:3]), within=5)
    eventually(lambda: Target.objects.get(id=contacts.id).down_since)
    held = account(world, contacts)
    assert (held.state, held.acknowledged_active) == ("on_its_way", True)
    assert crm.one(world.olli.user_id)["active"] is True
    crm.be.always = None
    eventually(lambda: not any(crm.one(one.user_id)["active"] for one in crowd[:3]), within=12)
    eventually(lambda: Target.objects.get(id=contacts.id).down_since is None)


def test_a_target_that_is_down_is_tried_by_one_call_at_a_time(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
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
    eventually(settled, within=12)


def test_retry_after_is_honored_by_the_whole_target(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    shop.be.next = [Fault(status=503, retry_after=3)]
    world.remove(world.olli)
    eventually(lambda: Target.objects.get(id=ordering.id).pause_until)
    before = len(shop.requests)
    world.remove(world.vilma)
    time.sleep(1.5)
    assert len(shop.requests) == before
    assert account(world, ordering).last_error == "busy"
    eventually(lambda: not shop.one(world.olli.user_id)["active"], within=6)
    eventually(lambda: not shop.one(world.vilma.user_id)["active"], within=3)


def test_what_will_hardly_change_is_tried_every_hour_and_noted_once(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    shop.be.always = Fault(status=403)
    done = world.remove(world.olli)
    eventually(lambda: account(world, ordering).state == "failed")
    held = account(world, ordering)
    assert held.due_at is not None
    assert (held.last_error, held.attempts) == ("unauthorized", 1)
    assert dt.timedelta(minutes=50) < held.due_at - clock.now() < dt.timedelta(minutes=61)
    noted = Event.objects.filter(verb="account.sync_failed", act=done.act)
    assert noted.count() == 1
    shop.be.always = None
    Account.objects.update(due_at=clock.now())
    eventually(lambda: not shop.one(world.olli.user_id)["active"])
    eventually(lambda: Event.objects.filter(verb="account.synced", act=done.act).count() == 1)


def test_200_and_nothing_done_differs(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    shop.be.applies = False
    world.remove(world.olli)
    eventually(lambda: account(world, ordering).state == "differs")
    assert account(world, ordering).last_error == "not_applied"
    assert account(world, ordering).acknowledged_active is True


def test_a_lost_answer_is_looked_after(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    """Whether the first call was carried out is not known: it is read first, written once, and read again later."""
    deliverer()
    eventually(settled)
    before = len(shop.journal)
    shop.be.next = [
        Fault(lost_reply=True),
        Fault(lost_reply=True),
    ]  # once on a kept connection, once on a new one
    world.remove(world.olli)
    eventually(lambda: account(world, ordering).acknowledged_active is False, within=15)
    held = account(world, ordering)
    assert held.uncertain_until is not None
    assert held.due_at == held.uncertain_until
    written = len(shop.journal)
    assert 1 <= written - before <= 2
    Account.objects.update(uncertain_until=clock.now(), due_at=clock.now())
    eventually(settled)
    assert account(world, ordering).uncertain_until is None
    assert len(shop.journal) == written


def test_many_deliverers_at_once_are_harmless(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    for _ in range(3):
        deliverer()
    eventually(settled)
    crowd = [world.olli, world.vilma, world.sami]
    before = len(shop.journal)
    for one in crowd:
        world.remove(one)
    eventually(lambda: not any(shop.one(one.user_id)["active"] for one in crowd))
    eventually(settled)
    assert len(shop.journal) == before + 3
    assert len(workers.live_workers()) == 3


def test_a_change_during_a_call_is_told_after_it(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    shop.be.next = [Fault(after=1.0)]
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=700))
    eventually(lambda: shop.open == 1)
    second = world.remove(world.olli)
    assert shop.open == 1, "the first call is still open"
    eventually(settled)
    assert shop.one(world.olli.user_id)["active"] is False
    assert Delivery.objects.get(act=second.act).done_at is not None


def test_an_expired_lease_is_taken_over(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    """Nobody who lives holds it: it is taken at once. Somebody who lives and hangs: after the lease's time."""
    number = 7
    at = clock.now()
    with psycopg.connect(_address()) as alive:
        alive.execute("SELECT pg_advisory_lock(%s, %s)", [workers._CLASS, number])
        Account.objects.update(leased_by=number, leased_until=at + dt.timedelta(seconds=3))
        deliverer()
        time.sleep(1.5)
        assert shop.journal == []
        eventually(settled)
    assert shop.one(world.olli.user_id)["active"] is True


def test_a_dead_deliverers_rows_are_taken_at_once_and_doubted(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    Account.objects.update(leased_by=7, leased_until=clock.now() + leases.LEASE)
    began = time.monotonic()
    deliverer()
    eventually(lambda: shop.by_external_id(world.olli.user_id))
    assert time.monotonic() - began < 5
    eventually(lambda: account(world, ordering).state == "in_place")
    assert account(world, ordering).uncertain_until is not None


def test_the_database_going_away_is_survived(
    world: World, shop: far.Server, ordering: Target, deliverer: Start, database_urls: dict[str, str]
) -> None:
    deliverer()
    eventually(settled)
    with psycopg.connect(database_urls["postgres"], autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'keyholder_app'",
            [connection.settings_dict["NAME"]],
        )
    connection.close()
    world.remove(world.olli)
    eventually(lambda: shop.one(world.olli.user_id)["active"] is False)


def test_a_call_whose_lease_was_forgotten_is_looked_after(
    world: World, shop: far.Server, ordering: Target
) -> None:
    """The database crashed just after the lease, and the old call may be carried out after the new one."""
    pool, at = Pool(), clock.now()
    kind = AccountDeliveries(pool=pool)
    kind.recall(at=at)
    assert not Account.objects.filter(uncertain_until__isnull=False).exists()
    (old, *others) = kind.lease(worker=1, at=at, load={}) or []
    kind.settle(endings=[DeliveryOutcome(one, result=one.run()) for one in others], at=at)
    held = Account.objects.filter(id=old.row.account.id)
    held.update(leased_by=None, leased_until=None)
    kind.recall(at=at)
    assert Account.objects.get(uncertain_until__isnull=False).id == old.row.account.id
    (new,) = kind.lease(worker=2, at=at, load={}) or []
    kind.settle(endings=[DeliveryOutcome(new, result=new.run())], at=at)
    assert held.get().due_at == held.get().uncertain_until == at + leases.LEASE
    # What has ended is under way no more.
    held.update(uncertain_until=None, due_at=None)
    kind.recall(at=at)
    assert held.get().uncertain_until is None
    pool.close()


def test_each_connection_begins_with_doubting_what_is_under_way(
    world: World, deliverer: Start, database_urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(AccountDeliveries, "recall", lambda *_, **__: said.append("recall"))
    monkeypatch.setattr(AccountDeliveries, "lease", lambda *_, **__: said.append("lease"))
    deliverer()
    eventually(lambda: "lease" in said)
    assert said[0] == "recall"
    with psycopg.connect(database_urls["postgres"], autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'keyholder_app'",
            [connection.settings_dict["NAME"]],
        )
    connection.close()
    eventually(lambda: said.count("recall") == 2)


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
def test_backoff(attempts: int, code: Code, least: float, most: float) -> None:
    waits = [retry.delay(attempts=attempts, code=code).total_seconds() for _ in range(50)]
    assert least <= min(waits) <= max(waits) <= most
    assert len(set(waits)) > 1


def test_a_wish_is_honored_up_to_an_hour() -> None:
    for asked, given in ((7, 7), (10_000, 3600)):
        delay = retry.delay(attempts=9, code=Code.BUSY, retry_after=dt.timedelta(seconds=asked))
        assert delay.total_seconds() == given


def _address() -> str:
    held = connection.settings_dict
    return f"postgresql://{held['USER']}:{held['PASSWORD']}@{held['HOST']}:{held['PORT']}/{held['NAME']}"
