"""An account that SQL as the application's role points at another record of the target leads to no write of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from provisioning.accounts import reconcile, remote_ids
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import age_writes, deliver_all, plan_all
from tests.fixtures.world import World

ADMINISTRATOR = {
    "id": "local-7", "userName": "root@shop.example", "displayName": "Shop Administrator", "active": True,
}  # fmt: skip


@pytest.fixture
def delivered(
    world: World, ordering: Target, shop: fake_target.Server, accounts: AccountDeliveries
) -> AccountDeliveries:
    """Every person has a record in the shop, whose administrator has one without Keyholder's id."""
    plan_all()
    deliver_all(accounts)
    age_writes()
    shop.users["local-7"] = dict(ADMINISTRATOR)
    return accounts


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def point_at_the_administrator(world: World) -> None:
    sql("UPDATE provisioning_account SET remote_id = 'local-7' WHERE user_id = %s", world.olli.user_id)


def point_with_the_mac_of_a_colleague(world: World) -> None:
    sql(
        "UPDATE provisioning_account a SET remote_id = o.remote_id, remote_mac = o.remote_mac"
        " FROM provisioning_account o WHERE a.user_id = %s AND o.user_id = %s",
        world.olli.user_id,
        world.mikko.user_id,
    )


ATTACKS = pytest.mark.parametrize("attack", [point_at_the_administrator, point_with_the_mac_of_a_colleague])


@ATTACKS
def test_leaver_s_own_record_is_closed_and_no_other_one_written(
    world: World, delivered: AccountDeliveries, shop: fake_target.Server, attack: Callable[[World], None]
) -> None:
    mikko = dict(shop.record_of(world.mikko.user_id))
    attack(world)
    world.remove(world.olli)
    plan_all()
    deliver_all(delivered)
    assert shop.record_of(world.olli.user_id)["active"] is False
    assert shop.users["local-7"] == ADMINISTRATOR
    assert shop.record_of(world.mikko.user_id) == mikko


@ATTACKS
def test_update_of_a_person_writes_no_other_record(
    world: World, delivered: AccountDeliveries, shop: fake_target.Server, attack: Callable[[World], None]
) -> None:
    mikko, own_id = dict(shop.record_of(world.mikko.user_id)), shop.record_of(world.olli.user_id)["id"]
    attack(world)
    sql(
        "UPDATE provisioning_account SET acknowledged_digest = 'x', due_at = now(), uncertain_until = NULL"
        " WHERE user_id = %s",
        world.olli.user_id,
    )
    deliver_all(delivered)
    assert shop.users["local-7"] == ADMINISTRATOR
    assert shop.record_of(world.mikko.user_id) == mikko
    account = Account.objects.select_related("target").get(user_id=world.olli.user_id)
    assert remote_ids.proven(account=account, target=account.target) == own_id


def test_account_that_needs_no_call_does_not_sign_the_id_that_it_states(
    world: World, delivered: AccountDeliveries
) -> None:
    point_at_the_administrator(world)
    sql("UPDATE provisioning_account SET due_at = now() WHERE user_id = %s", world.olli.user_id)
    deliver_all(delivered)
    account = Account.objects.select_related("target").get(user_id=world.olli.user_id)
    assert (account.due_at, account.remote_id) == (None, "local-7")
    assert remote_ids.proven(account=account, target=account.target) == ""


def test_account_that_needs_no_call_keeps_its_proven_id(world: World, delivered: AccountDeliveries) -> None:
    sql("UPDATE provisioning_account SET due_at = now() WHERE user_id = %s", world.olli.user_id)
    deliver_all(delivered)
    account = Account.objects.select_related("target").get(user_id=world.olli.user_id)
    assert account.due_at is None
    assert remote_ids.proven(account=account, target=account.target) == account.remote_id != ""


def test_id_of_another_address_of_the_target_is_not_proven(
    world: World, delivered: AccountDeliveries
) -> None:
    account = Account.objects.select_related("target").get(user_id=world.olli.user_id)
    assert remote_ids.proven(account=account, target=account.target) == account.remote_id
    account.target.base_url += "/v2"
    assert remote_ids.proven(account=account, target=account.target) == ""


def test_reconciliation_asks_for_no_record_that_sql_named(
    world: World, ordering: Target, delivered: AccountDeliveries, shop: fake_target.Server
) -> None:
    point_at_the_administrator(world)
    del shop.users[shop.record_of(world.olli.user_id)["id"]]
    shop.requests.clear()
    reconcile.check(target=ordering)
    assert not [line for line in shop.requests if line.endswith("/local-7")]
