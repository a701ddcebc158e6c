"""What an operator or a timer starts: reading targets, tidying up."""

import datetime as dt
import io
from collections.abc import Callable

from django.core.management import call_command
from django.db import connection

from audit.foundation import clock
from provisioning import tasks
from provisioning.accounts.models import Delivery
from provisioning.delivery.engine import Engine
from provisioning.mail.models import Mail
from provisioning.targets.models import Target
from tests.fixtures import fake_target as far
from tests.fixtures.deliveries import eventually, settled
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World

Start = Callable[[], Engine]


def test_reconcile_says_what_each_target_holds(
    world: World, shop: far.Server, crm: far.Server, ordering: Target, contacts: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    shop.one(world.mikko.user_id)["active"] = False
    crm.be.always = Fault(status=500)
    said = io.StringIO()
    call_command("reconcile", stdout=said)
    known = len(shop.users)
    assert said.getvalue().splitlines() == [
        "crm: not read (target_error)",
        f"ordering: {known} read, {known - 1} in place, 1 differ, 0 unknown to us",
    ]
    assert tasks.reconcile_one(str(ordering.id)) == 1


def test_pages_of_a_target_are_all_read(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    for number in range(250):
        shop.users[f"x{number}"] = {"id": f"x{number}", "externalId": f"x{number}", "active": True}
    said = io.StringIO()
    call_command("reconcile", "ordering", stdout=said)
    assert said.getvalue().startswith(f"ordering: {len(shop.users)} read")
    assert "250 unknown" in said.getvalue()


def test_what_was_done_long_ago_is_forgotten(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    world.remove(world.olli)
    eventually(lambda: not shop.one(world.olli.user_id)["active"])
    eventually(settled)
    assert tasks.tidy() == 0
    Delivery.objects.update(done_at=clock.now() - dt.timedelta(days=91))
    assert tasks.tidy() >= 1
    assert not Delivery.objects.exists()
    assert not Mail.objects.filter(sent_at=None, due_at=None).exists()


def test_a_slow_target_delays_nobody_else(
    world: World, shop: far.Server, crm: far.Server, ordering: Target, contacts: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    crm.be.always = Fault(before=4.0)
    for one in (world.mikko, world.olli, world.vilma, world.sami):
        world.remove(one)
    eventually(lambda: not shop.one(world.olli.user_id)["active"], within=3)
    eventually(lambda: not shop.one(world.vilma.user_id)["active"], within=3)
    assert crm.one(world.olli.user_id)["active"] is True
    crm.be.always = None
    eventually(lambda: not crm.one(world.olli.user_id)["active"], within=15)


def test_no_personal_value_stands_in_the_tables_of_deliveries(
    world: World, shop: far.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(settled)
    world.remove(world.mikko)
    eventually(lambda: Delivery.objects.filter(done_at__isnull=False).exists())
    with connection.cursor() as cursor:
        for table in ("account", "delivery", "logout", "target", "mail"):
            cursor.execute(f"SELECT row_to_json(x)::text FROM provisioning_{table} x")
            text = " ".join(row[0] for row in cursor.fetchall())
            for clear in ("mikko", "Mikko", "Laine", far.TOKEN):
                assert clear not in text, table
