"""Responses that cannot be stored: they affect their own delivery only."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from django.db import DataError, OperationalError

from audit import sealing
from audit.foundation import clock
from identity.clients.models import Client
from provisioning.accounts import delivery as accounts_delivery
from provisioning.accounts import reconcile
from provisioning.accounts.models import Account
from provisioning.connectors.connector import SyncResult
from provisioning.connectors.scim import compare
from provisioning.connectors.scim import schema as scim_schema
from provisioning.delivery import engine as delivery_engine
from provisioning.delivery import settle
from provisioning.delivery.engine import Engine
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.http.pool import Pool
from provisioning.logout.models import Logout
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import age_writes, deliver_all, eventually, nothing_due, plan_all, sign_in
from tests.fixtures.world import World, bypassing_commands

Start = Callable[[], Engine]
LONG, BROKEN = "x" * 300, "a\x00b"


@pytest.fixture
def kind() -> Iterator[accounts_delivery.AccountDeliveries]:
    shared = accounts_delivery.AccountDeliveries(pool=Pool())
    yield shared
    shared.pool.close()


@pytest.fixture(
    params=[(LONG, 200, "unreadable"), (BROKEN, 200, "unreadable"), (LONG, 1000, "fault")],
    ids=["long", "broken", "unnoticed"],
)
def unstorable_id(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """An id, and the resulting error code."""
    bad, longest, code = request.param
    monkeypatch.setattr(compare, "MAX_ID_LENGTH", longest)
    return bad, code


@pytest.fixture
def both(ordering: Target, contacts: Target) -> tuple[Target, Target]:
    return ordering, contacts


def test_unstorable_id_delays_no_other_target_and_no_logout(
    world: World,
    shop: fake_target.Server,
    crm: fake_target.Server,
    both: tuple[Target, Target],
    deliverer: Start,
    unstorable_id: tuple[str, str],
) -> None:
    """Also where only the database refuses the id."""
    ordering, contacts = both
    with bypassing_commands():
        Client.objects.update(backchannel_logout_uri=crm.logout_uri)
    deliverer()
    eventually(nothing_due)
    shop.be.next_id, code = unstorable_id
    new = world.member(world.koskela, "Uusi Ihminen", "orderer", sites=[world.tampere], amount=10)
    eventually(lambda: Account.objects.filter(user=new.user, target=ordering, last_error=code).exists())
    sign_in(world.olli)
    world.remove(world.olli)
    eventually(lambda: crm.record_of(world.olli.user_id)["active"] is False)
    eventually(
        lambda: Account.objects.get(user=world.olli.user, target=contacts).acknowledged_active is False
    )
    eventually(
        lambda: Account.objects.get(user=world.olli.user, target=ordering).acknowledged_active is False
    )
    eventually(lambda: Logout.objects.get().done_at)
    assert len(crm.logouts) == 1
    account = Account.objects.get(user=new.user, target=ordering)
    assert (account.remote_id, account.acknowledged_active) == ("", None)
    assert account.due_at is not None


@pytest.mark.parametrize("bad", [LONG, BROKEN])
def test_outcomes_are_settled_one_by_one_where_the_batch_fails(
    world: World, ordering: Target, kind: accounts_delivery.AccountDeliveries, bad: str
) -> None:
    plan_all()
    tasks = kind.lease(worker=1, at=clock.now(), in_flight={}) or []
    outcomes = [DeliveryOutcome(one, result=one.run()) for one in tasks]
    first, *others = outcomes
    poison = DeliveryOutcome(first.task, result=SyncResult(remote_id=bad, wrote=True, supports_patch=True))
    at = clock.now()
    settle.settle(kind=kind, outcomes=[poison, *others], at=at)
    account = Account.objects.get(id=first.task.row.account.id)
    assert (account.last_error, account.attempts, account.remote_id, account.leased_by) == (
        "fault",
        1,
        "",
        None,
    )
    assert account.due_at is not None
    assert account.due_at > at
    rest = Account.objects.filter(id__in=[one.task.row.account.id for one in others])
    assert others
    assert {(one.state, one.last_error) for one in rest} == {("up_to_date", "")}


def test_unavailable_database_fails_no_delivery(
    world: World, ordering: Target, kind: accounts_delivery.AccountDeliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_all()
    tasks = kind.lease(worker=1, at=clock.now(), in_flight={}) or []
    attempts = []

    def unavailable(**asked: object) -> None:
        attempts.append(asked)
        raise OperationalError

    monkeypatch.setattr(kind, "settle", unavailable)
    with pytest.raises(OperationalError):
        settle.settle(kind=kind, outcomes=[DeliveryOutcome(one) for one in tasks], at=clock.now())
    assert len(attempts) == 1


def test_observed_state_is_stored_without_unstorable_characters(
    world: World, shop: fake_target.Server, ordering: Target, kind: accounts_delivery.AccountDeliveries
) -> None:
    plan_all()
    deliver_all(kind)
    grant = shop.record_of(world.mikko.user_id)[scim_schema.EXTENSION]["grants"][0]
    grant.update(role="or\x00derer\ud800", organization=grant["organization"] + "\x00")
    age_writes()
    report = reconcile.check(target=ordering)
    account = Account.objects.get(user=world.mikko.user)
    assert report.differing == [account.id]
    assert account.observed is not None
    assert account.observed["rights"][str(world.koskela.id)][0]["role"] == "orderer"


@pytest.mark.parametrize("bad", ["x" * 201, BROKEN, "a\nb", "a\x7fb", "a\ud800b"])
def test_unstorable_id_is_unreadable(bad: str) -> None:
    with pytest.raises(DeliveryError) as refused:
        compare.remote_id({"ID": bad})
    assert refused.value.code is Code.UNREADABLE


@pytest.mark.parametrize("good", ["x" * 200, "ä/ö 7", ""])
def test_storable_id_is_accepted(good: str) -> None:
    assert compare.remote_id({"id": good}) == good


def test_maintenance_continues_after_an_error(deliverer: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def seal_all() -> None:
        calls.append(1)
        raise DataError

    monkeypatch.setattr(sealing, "seal_all", seal_all)
    monkeypatch.setattr(delivery_engine, "SWEEP_SECONDS", 0.1)
    deliverer()
    eventually(lambda: len(calls) > 2)


def test_rights_to_many_entitlements_at_many_sites_can_be_stored(world: World, ordering: Target) -> None:
    plan_all()
    sites = [str(uuid.UUID(int=place)) for place in range(1_000)]
    right = {"entitlement": "orders.place", "role": "orderer", "all_sites": False, "sites": sites}
    rights = {
        str(world.mikko.id): [{**right, "amount": "5000.00", "currency": "EUR", "period": "order"}] * 50
    }
    with bypassing_commands():
        assert Account.objects.filter(user=world.mikko.user).update(acknowledged_rights=rights) == 1


@pytest.mark.parametrize(
    "grants",
    [
        [{}] * 600_000,
        [{"organization": "o", "entitlement": "\x01" * 2_000_000}],
        [{"organization": str(place), "entitlement": "e" * 90, "site": "s" * 90} for place in range(9_000)],
    ],
    ids=["many", "long", "many organizations"],
)
def test_endless_record_of_a_target_is_stored_as_far_as_it_fits(
    world: World, ordering: Target, grants: list[dict[str, str]]
) -> None:
    plan_all()
    record = {"active": True, scim_schema.EXTENSION: {"grants": grants}}
    observed = compare.observed_state(record)
    with bypassing_commands():
        assert Account.objects.filter(user=world.mikko.user).update(observed=observed) == 1
