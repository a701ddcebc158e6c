"""Jobs of an operator or a timer: reconciliation and retention."""

import datetime as dt
import io
from collections.abc import Callable

from django.core.management import call_command
from django.db import connection

from audit.foundation import clock
from provisioning import tasks
from provisioning.accounts.models import Delivery
from provisioning.delivery.engine import Engine
from provisioning.mail import queue as mail_queue
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import age_writes, eventually, nothing_due
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World

Start = Callable[[], Engine]


def test_reconcile_prints_the_result_of_each_target(
    world: World,
    shop: fake_target.Server,
    crm: fake_target.Server,
    ordering: Target,
    contacts: Target,
    deliverer: Start,
) -> None:
    deliverer()
    eventually(nothing_due)
    shop.record_of(world.mikko.user_id)["active"] = False
    crm.be.always = Fault(status=500)
    age_writes()
    output = io.StringIO()
    call_command("reconcile", stdout=output)
    total = len(shop.users)
    assert output.getvalue().splitlines() == [
        "crm: not read (target_error)",
        f"ordering: {total} read, {total - 1} match, 1 differ, 0 without an answer, 0 added, 0 unknown",
    ]
    assert tasks.reconcile_one(str(ordering.id)) == 1


def test_reconcile_reads_every_page(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    for number in range(250):
        shop.users[f"x{number}"] = {"id": f"x{number}", "externalId": f"x{number}", "active": True}
    output = io.StringIO()
    call_command("reconcile", "ordering", stdout=output)
    assert output.getvalue().startswith(f"ordering: {len(shop.users)} read")
    assert "250 unknown" in output.getvalue()


def test_tidy_deletes_deliveries_after_their_retention(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    world.remove(world.olli)
    eventually(lambda: not shop.record_of(world.olli.user_id)["active"])
    eventually(nothing_due)
    assert tasks.tidy() == 0
    Delivery.objects.update(done_at=clock.now() - dt.timedelta(days=91))
    assert tasks.tidy() >= 1
    assert not Delivery.objects.exists()
    assert not Mail.objects.filter(sent_at=None, due_at=None).exists()


def test_tidy_deletes_sent_and_given_up_mails_after_their_retention_and_no_queued_one(world: World) -> None:
    old = clock.now() - dt.timedelta(days=91)
    sent, failed, recent, queued = (
        mail_queue.queue(
            Draft(to="mikko@koskela.example", subject="s", text="t", purpose="test", language="fi")
        )
        for _ in range(4)
    )
    for name, ended in {
        sent: {"sent_at": old},
        failed: {"failed_at": old},
        recent: {"failed_at": clock.now()},
    }.items():
        Mail.objects.filter(id=name).update(due_at=None, **ended)
    tasks.tidy()
    assert set(Mail.objects.values_list("id", flat=True)) == {recent, queued}


def test_slow_target_delays_no_other(
    world: World,
    shop: fake_target.Server,
    crm: fake_target.Server,
    ordering: Target,
    contacts: Target,
    deliverer: Start,
) -> None:
    deliverer()
    eventually(nothing_due)
    crm.be.always = Fault(before=4.0)
    for one in (world.mikko, world.olli, world.vilma, world.sami):
        world.remove(one)
    eventually(lambda: not shop.record_of(world.olli.user_id)["active"], within=3)
    eventually(lambda: not shop.record_of(world.vilma.user_id)["active"], within=3)
    assert crm.record_of(world.olli.user_id)["active"] is True
    crm.be.always = None
    eventually(lambda: not crm.record_of(world.olli.user_id)["active"], within=15)


def test_tables_of_deliveries_contain_no_personal_value(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    world.remove(world.mikko)
    eventually(lambda: Delivery.objects.filter(done_at__isnull=False).exists())
    with connection.cursor() as cursor:
        for table in ("account", "delivery", "logout", "target", "mail"):
            cursor.execute(f"SELECT row_to_json(x)::text FROM provisioning_{table} x")
            text = " ".join(row[0] for row in cursor.fetchall())
            for clear in ("mikko", "Mikko", "Laine", fake_target.TOKEN):
                assert clear not in text, table
