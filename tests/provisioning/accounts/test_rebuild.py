"""Accounts are a free table: a leaver's access ends whatever SQL as the application's role did to it before."""

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from provisioning.accounts import planner, reconcile
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account, Cursor, Delivery
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import age_writes, deliver_all, plan_all
from tests.fixtures.world import World


@pytest.fixture
def delivered(world: World, ordering: Target, accounts: AccountDeliveries) -> AccountDeliveries:
    """Every person has a record in the shop."""
    plan_all()
    deliver_all(accounts)
    age_writes()
    return accounts


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def delete_account(world: World) -> None:
    sql("DELETE FROM provisioning_delivery WHERE membership_id = %s", world.olli.id)
    sql("DELETE FROM provisioning_account WHERE user_id = %s", world.olli.user_id)


def claim_closed(world: World) -> None:
    sql(
        "UPDATE provisioning_account SET acknowledged_active = false, acknowledged_digest = '', remote_id = '' "
        "WHERE user_id = %s",
        world.olli.user_id,
    )


@pytest.mark.parametrize("attack", [delete_account, claim_closed])
def test_leaver_without_a_true_account_is_closed_by_the_removal(
    world: World, delivered: AccountDeliveries, shop: fake_target.Server, attack: Callable[[World], None]
) -> None:
    assert shop.record_of(world.olli.user_id)["active"] is True
    attack(world)
    world.remove(world.olli)
    plan_all()
    deliver_all(delivered)
    assert shop.record_of(world.olli.user_id)["active"] is False


def test_cursor_beyond_the_head_is_reset_and_hides_no_event(
    world: World, delivered: AccountDeliveries, shop: fake_target.Server
) -> None:
    sql("UPDATE provisioning_cursor SET seq = 9000000000000 WHERE chain = %s", world.koskela.id)
    world.remove(world.olli)
    assert planner.behind() == [world.koskela.id]
    plan_all()
    deliver_all(delivered)
    assert shop.record_of(world.olli.user_id)["active"] is False
    assert planner.behind() == []


def test_unknown_chain_gets_no_cursor(world: World) -> None:
    before = Cursor.objects.count()
    assert planner.plan(chain=uuid.uuid4()) == planner.Planned()
    assert Cursor.objects.count() == before


@pytest.mark.parametrize(
    "assignments",
    [
        "state = 'updating', due_at = NULL",
        "state = 'not_needed', due_at = NULL, acknowledged_active = NULL",
        "due_at = '9999-01-01'",
        "due_at = now(), leased_by = 7, leased_until = '9999-01-01'",
        "uncertain_until = '9999-01-01', due_at = '9999-01-01'",
    ],
)
def test_reconciliation_closes_a_leaver_with_an_account_in_any_state(
    world: World,
    ordering: Target,
    delivered: AccountDeliveries,
    shop: fake_target.Server,
    assignments: str,
) -> None:
    world.remove(world.olli)
    plan_all()
    sql(f"UPDATE provisioning_account SET {assignments} WHERE user_id = %s", world.olli.user_id)
    deliver_all(delivered)
    assert shop.record_of(world.olli.user_id)["active"] is True
    reconcile.check(target=ordering)
    deliver_all(delivered)
    assert shop.record_of(world.olli.user_id)["active"] is False


def test_reconciliation_adds_missing_accounts_and_closes_the_leaver(
    world: World, ordering: Target, delivered: AccountDeliveries, shop: fake_target.Server
) -> None:
    everybody = Account.objects.count()
    world.remove(world.olli)
    plan_all()
    Delivery.objects.all().delete()
    Account.objects.all().delete()
    report = reconcile.check(target=ordering)
    assert (report.added, report.unknown) == (everybody, [])
    deliver_all(delivered)
    assert shop.record_of(world.olli.user_id)["active"] is False
    assert shop.record_of(world.mikko.user_id)["active"] is True
    assert Account.objects.count() == everybody


def test_reconciliation_names_records_of_unknown_ids_and_writes_none(
    world: World, ordering: Target, delivered: AccountDeliveries, shop: fake_target.Server
) -> None:
    stranger = str(uuid.uuid4())
    shop.users["r1"] = {
        "id": "r1",
        "externalId": stranger,
        "userName": "late@koskela.example",
        "active": True,
    }
    shop.users["r2"] = {"id": "r2", "userName": "local@shop.example", "active": True}
    out = io.StringIO()
    call_command("reconcile", "--resync", stdout=out)
    deliver_all(delivered)
    assert out.getvalue().splitlines()[-1] == f"  unknown: '{stranger}'"
    assert shop.users["r1"]["active"] is shop.users["r2"]["active"] is True


def test_record_that_a_leaver_got_back_is_closed_without_an_account(
    world: World, ordering: Target, delivered: AccountDeliveries, shop: fake_target.Server
) -> None:
    """The id of the record is a person's."""
    world.remove(world.olli)
    plan_all()
    deliver_all(delivered)
    sql("DELETE FROM provisioning_delivery WHERE membership_id = %s", world.olli.id)
    sql("DELETE FROM provisioning_account WHERE user_id = %s", world.olli.user_id)
    shop.record_of(world.olli.user_id)["active"] = True
    reconcile.check(target=ordering)
    deliver_all(delivered)
    assert shop.record_of(world.olli.user_id)["active"] is False
