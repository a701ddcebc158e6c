"""A client has an owner of the staff, a program's secret ends, and another method of authentication leaves none."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError

from audit.foundation import clock
from delegation.applications import clients, new_client, queries
from delegation.applications.new_client import NewClient
from delegation.authorization.errors import InvalidInput
from delegation.staff import commands as staff_commands
from identity.clients import queries as clients_queries
from identity.clients.models import Application, Client
from provisioning.mail import reminders
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails, staff_rights, staff_users
from tests.fixtures.world import World, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600
API = ["https://orders.example.com"]


def register(world: World, client: str = "erp", **settings: Any) -> str:
    redirects = [] if settings.get("program") else [f"https://{client}.example.com/callback"]
    new = NewClient(client_id=client, name=client.upper(), redirect_uris=redirects, **settings)
    application = Application.objects.get(key="ordering")
    return clients.register(actor=world.system, application=application, client=new).result.secret


def is_accepted(client: str, secret: str) -> bool:
    found = clients_queries.find(client=client)
    assert found is not None
    return found.verify_secret(secret)


def test_program_has_an_owner_of_the_staff(world: World) -> None:
    for owner in (None, world.aino.user_id):
        with pytest.raises(InvalidInput) as refused:
            register(world, program=True, resources=API, owner=owner)
        assert refused.value.data["field"] == "owner"
    leena = staff_users.enrolled("staff-7", "Leena Aho")
    register(world, program=True, resources=API, owner=leena.pk)
    with pytest.raises(InvalidInput):
        clients.update(actor=world.system, client="erp", changes={"owner": None})
    assert queries.owned_by(user=leena.pk) == ["ERP"]
    with pytest.raises(IntegrityError), bypassing_commands():
        Client.objects.filter(pk="erp").update(owner=world.aino.user_id)


def test_secret_of_a_program_ends_after_a_year_and_its_owner_is_notified_each_week(world: World) -> None:
    leena = staff_rights.hired("Leena Aho")
    staff_commands.appoint_owner(actor=world.system, user=leena, reason="Joined")
    secret = register(world, program=True, resources=API, owner=leena.pk)
    web = register(world, "web")
    move_clock(351 * DAY)
    assert reminders.queue_due() == 0
    move_clock(353 * DAY)
    assert (reminders.queue_due(), reminders.queue_due()) == (1, 0)
    mail = Mail.objects.get(purpose="client_secret_ends")
    assert queued_mails.recipient_of(mail) == leena.contact
    assert "ERP" in queued_mails.text_of(mail)
    move_clock(361 * DAY)
    assert reminders.queue_due() == 1
    assert is_accepted("erp", secret)
    move_clock(366 * DAY + 60)
    assert not is_accepted("erp", secret)
    assert is_accepted("web", web), "people sign in to it: its secret has no end"
    renewed = clients.rotate_secret(actor=world.system, client="erp", overlap_hours=24).result.secret
    assert is_accepted("erp", renewed)
    assert reminders.queue_due() == 0


def test_owner_who_has_left_is_named_and_the_alert_addresses_get_the_mail(
    world: World, settings: Any
) -> None:
    settings.STAFF_ALERTS = ["alerts@kivisalo.example"]
    leena = staff_users.enrolled("staff-7", "Leena Aho")
    register(world, program=True, resources=API, owner=leena.pk)
    row = Client.objects.get(pk="erp")
    shown = queries.clients(applications=[row.application_id], at=clock.now())[row.application_id]
    assert [one.owner_name for one in shown if one.owner_has_left] == ["Leena Aho"]
    move_clock(353 * DAY)
    assert reminders.queue_due() == 1
    mail = Mail.objects.get(purpose="client_secret_ends")
    assert queued_mails.recipient_of(mail) == "alerts@kivisalo.example"


def test_another_method_of_authentication_deletes_the_other_credential(world: World) -> None:
    keys = "https://service.example.com/keys"
    first = register(world, "web")
    second = clients.rotate_secret(actor=world.system, client="web", overlap_hours=24).result.secret
    assert is_accepted("web", first)
    assert is_accepted("web", second)
    assert clients.update(actor=world.system, client="web", changes={"jwks_uri": keys}).result.secret == ""
    with pytest.raises(InvalidInput):
        clients.rotate_secret(actor=world.system, client="web", overlap_hours=24)
    made = clients.update(actor=world.system, client="web", changes={"jwks_uri": ""}).result.secret
    assert [is_accepted("web", secret) for secret in (first, second, made)] == [False, False, True]
    row = Client.objects.get(pk="web")
    assert (row.former_secret, row.former_secret_until, row.secret_until) == ("", None, None)
    clients.update(actor=world.system, client="web", changes={"name": "Web"})
    assert is_accepted("web", made)
    assert new_client.secret_until(program=True, at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC)) == dt.datetime(
        2031, 1, 2, tzinfo=dt.UTC
    )
