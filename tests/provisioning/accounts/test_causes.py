"""Events of deliveries name what the log knows: a row of a free table gives no event in another organization or act."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from audit.foundation import clock
from audit.log.ledger import EventDraft, Subject
from audit.models import Event
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.targets.models import Target
from tests.fixtures import events, forged_events
from tests.fixtures.deliveries import deliver_all, plan_all
from tests.fixtures.world import World

_INSERT = """
INSERT INTO provisioning_delivery (account_id, target_id, membership_id, organization, act, act_at, generation)
SELECT id, target_id, %s, %s, %s, %s, 1 FROM provisioning_account WHERE user_id = %s
"""


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def invented(world: World) -> uuid.UUID:
    """Add a delivery with another organization's membership and an act that never was."""
    act, at = uuid.uuid4(), Event.objects.latest("at").at
    sql(_INSERT, world.tiina.id, world.pohjola.id, act, at, world.olli.user_id)
    return act


def act_on_another(world: World) -> uuid.UUID:
    """Add a delivery with another person's real act."""
    event = Event.objects.filter(subject=world.tiina.id, seq__isnull=False).latest("at")
    sql(_INSERT, world.tiina.id, world.pohjola.id, event.act, event.at, world.olli.user_id)
    return event.act


def forged(world: World) -> uuid.UUID:
    """Add an event without a true MAC to the chain, and a delivery with its act."""
    row = forged_events.next_in_chain(
        world.koskela.id, subject=world.olli.id, subject_kind="membership", organization=world.koskela.id
    )
    forged_events.insert(row)
    sql(_INSERT, world.olli.id, world.koskela.id, row["act"], row["at"], world.olli.user_id)
    return uuid.UUID(str(row["act"]))


def act_elsewhere(world: World) -> uuid.UUID:
    """Add a delivery with a real act on the same person in the chain of another organization."""
    draft = EventDraft(verb="test.done", subject=Subject("user", world.olli.user_id))
    (event,) = Event.objects.filter(id__in=events.append(world.pohjola.id, draft))
    sql(_INSERT, world.olli.id, world.koskela.id, event.act, event.at, world.olli.user_id)
    return event.act


@pytest.mark.parametrize("attack", [invented, act_on_another, forged, act_elsewhere])
def test_delivery_row_with_another_act_gives_no_event(
    world: World,
    ordering: Target,
    accounts: AccountDeliveries,
    attack: Callable[[World], uuid.UUID],
) -> None:
    plan_all()
    deliver_all(accounts)
    before = Event.objects.filter(verb="account.synced").count()
    done = world.remove(world.olli)
    plan_all()
    act = attack(world)
    deliver_all(accounts)
    synced = Event.objects.filter(verb="account.synced").order_by("-at")
    assert synced.count() == before + 1
    assert (synced[0].act, synced[0].subject, synced[0].organization) == (
        done.act,
        world.olli.id,
        world.koskela.id,
    )
    assert act != done.act


def test_other_organization_and_instant_in_a_delivery_row_do_not_count(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    plan_all()
    deliver_all(accounts)
    done = world.remove(world.olli)
    plan_all()
    sql("UPDATE provisioning_delivery SET organization = %s WHERE act = %s", world.pohjola.id, done.act)
    deliver_all(accounts)
    event = Event.objects.filter(verb="account.synced").latest("at")
    assert (event.act, event.chain, event.organization) == (done.act, world.koskela.id, world.koskela.id)


def test_failure_names_no_act_that_the_log_does_not_have(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    plan_all()
    deliver_all(accounts)
    world.remove(world.olli)
    plan_all()
    act = uuid.uuid4()
    Account.objects.filter(user=world.olli.user).update(act=act)
    (task,) = accounts.lease(worker=1, at=clock.now(), in_flight={}) or []
    accounts.settle(outcomes=[DeliveryOutcome(task, error=DeliveryError(Code.REFUSED))], at=clock.now())
    event = Event.objects.get(verb="account.sync_failed")
    assert (event.subject, event.organization) == (world.olli.id, world.koskela.id)
    assert event.act != act


def test_failure_names_the_act_that_it_delays(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    plan_all()
    deliver_all(accounts)
    done = world.remove(world.olli)
    plan_all()
    (task,) = accounts.lease(worker=1, at=clock.now(), in_flight={}) or []
    accounts.settle(outcomes=[DeliveryOutcome(task, error=DeliveryError(Code.REFUSED))], at=clock.now())
    assert Event.objects.get(verb="account.sync_failed").act == done.act
