"""A receipt counts authentic events alone: nothing that SQL does to free tables makes a removal complete."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from audit.foundation import clock
from provisioning.accounts import progress
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.progress import Progress
from provisioning.logout.models import Logout
from provisioning.targets.models import Target
from tests.fixtures import fake_target, forged_events
from tests.fixtures.deliveries import deliver_all, plan_all, sign_in
from tests.fixtures.world import World


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def receipt(world: World, act: uuid.UUID) -> Progress:
    return progress.progress_of_act(act=act, chain=world.koskela.id, at=clock.now())


def say_done(world: World) -> None:
    sql("UPDATE provisioning_delivery SET done_at = now() WHERE membership_id = %s", world.olli.id)


def delete_rows(world: World) -> None:
    sql("DELETE FROM provisioning_delivery WHERE membership_id = %s", world.olli.id)
    sql("DELETE FROM provisioning_account WHERE user_id = %s", world.olli.user_id)


def rename_act(world: World) -> None:
    sql("UPDATE provisioning_delivery SET act = gen_random_uuid() WHERE membership_id = %s", world.olli.id)


@pytest.mark.parametrize("attack", [say_done, delete_rows, rename_act])
def test_receipt_is_open_without_an_event_of_the_confirmation(
    world: World, ordering: Target, accounts: AccountDeliveries, attack: Callable[[World], None]
) -> None:
    plan_all()
    deliver_all(accounts)
    done = world.remove(world.olli)
    plan_all()
    attack(world)
    current = receipt(world, done.act)
    assert [(line.application, line.state) for line in current.lines] == [("ordering", "updating")]
    assert (current.planned, current.done) == (True, False)


def test_receipt_is_done_with_the_event_of_the_confirmation(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    plan_all()
    deliver_all(accounts)
    done = world.remove(world.olli)
    plan_all()
    deliver_all(accounts)
    assert receipt(world, done.act).done


def test_receipt_is_done_where_the_target_had_closed_the_record_itself(
    world: World, ordering: Target, accounts: AccountDeliveries, shop: fake_target.Server
) -> None:
    plan_all()
    deliver_all(accounts)
    shop.record_of(world.olli.user_id)["active"] = False
    sql("UPDATE provisioning_account SET uncertain_until = now() WHERE user_id = %s", world.olli.user_id)
    done = world.remove(world.olli)
    plan_all()
    deliver_all(accounts)
    assert receipt(world, done.act).done


def test_receipt_with_a_forged_confirmation_is_open(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    plan_all()
    deliver_all(accounts)
    done = world.remove(world.olli)
    plan_all()
    say_done(world)
    forged_events.insert(
        forged_events.row(
            content={"facts": {"active": False, "target": str(ordering.id)}, "personal": {}},
            chain=world.koskela.id,
            at=clock.now(),
            seq=None,
            prev=None,
            act=done.act,
            verb="account.synced",
            outcome="observed",
            subject_kind="membership",
            subject=world.olli.id,
            organization=world.koskela.id,
        )
    )
    current = receipt(world, done.act)
    assert (current.planned, current.done) == (False, False)


def test_receipt_with_a_cursor_beyond_the_head_is_not_planned(world: World, ordering: Target) -> None:
    plan_all()
    done = world.remove(world.olli)
    sql("UPDATE provisioning_cursor SET seq = 9000000000000 WHERE chain = %s", world.koskela.id)
    assert not receipt(world, done.act).planned


def test_receipt_is_open_while_a_logout_only_claims_to_be_confirmed(world: World, ordering: Target) -> None:
    plan_all()
    sign_in(world.olli)
    done = world.remove(world.olli)
    plan_all()
    for claim in ("done_at = now(), due_at = NULL", "done_at = NULL, due_at = NULL"):
        sql(f"UPDATE provisioning_logout SET {claim}")
        line = next(line for line in receipt(world, done.act).lines if line.kind == "logout")
        assert line.state == "updating"
    assert Logout.objects.count() == 1
