"""A reminder that reads a limited number reads the next ones later, though the first are still due."""

import datetime as dt
from typing import Any

import pytest

from delegation.applications import clients
from delegation.applications import queries as applications_queries
from delegation.applications.new_client import NewClient
from delegation.handovers import commands as handovers_commands
from delegation.handovers import queries as handovers_queries
from delegation.service_users import queries as service_users_queries
from identity.clients.models import Application
from identity.people.models import User
from provisioning.mail import reminders
from provisioning.mail.models import Mail
from tests.fixtures import service_users, staff_rights
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600


def programs(world: World, *names: str) -> None:
    """Clients that get tokens for themselves; each owner has a right, and each secret ends after 366 days."""
    staff = Staff(world)
    for name in names:
        owner = staff_rights.hired(f"{name} Aho")
        staff.give(owner, "operator")
        register(world, name, owner)


def register(world: World, name: str, owner: User) -> None:
    api = ["https://orders.example.com"]
    new = NewClient(
        client_id=name.lower(), name=name, redirect_uris=[], program=True, resources=api, owner=owner.pk
    )
    application = Application.objects.get(key="ordering")
    clients.register(actor=world.system, application=application, client=new)


def test_reminders_beyond_one_reading_are_queued_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, limit in (
        (applications_queries, "_MOST"),
        (handovers_queries, "MOST_DUE"),
        (service_users_queries, "_MOST"),
    ):
        monkeypatch.setattr(module, limit, 1)
    programs(world, "Leena", "Maija")
    move_clock(353 * DAY)
    for days in (10, 11):
        service_users.create(world.aino, name=f"ERP {days}", lasts=dt.timedelta(days=days))
    for giver, successor in ((world.aino, world.mikko), (world.paivi, world.vilma)):
        handovers_commands.open_handover(actor=actor_of(giver), giver=giver, successor=successor)
    move_clock(356 * DAY + 60)
    assert [reminders.queue_due() for _ in range(3)] == [3, 3, 0]
    purposes = [*Mail.objects.values_list("purpose", flat=True)]
    counts = {one: purposes.count(one) for one in ("client_secret_ends", "program_ends", "handover_reminder")}
    assert counts == {"client_secret_ends": 2, "program_ends": 2, "handover_reminder": 2}


def test_client_whose_owner_cannot_be_reached_holds_back_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.STAFF_ALERTS = []
    monkeypatch.setattr(applications_queries, "_MOST", 1)
    programs(world, "Leena", "Maija")
    with bypassing_commands():
        User.all_directories.filter(name="Leena Aho").update(contact="")
    move_clock(353 * DAY)
    assert [reminders.queue_due() for _ in range(2)] == [1, 0]
