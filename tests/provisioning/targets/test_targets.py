"""Targets: registered and changed by acts of the supplier, guarded by the database."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, connection, transaction

from audit.foundation import clock, encryption
from audit.foundation.actor import system
from audit.log import ledger
from audit.models import Event
from delegation.authorization.errors import AlreadyExists, Denied, InvalidInput, NotFound, Unchanged
from identity.clients.models import Application
from provisioning.accounts import commands as accounts_commands
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.errors import NothingToResync
from provisioning.accounts.models import Account
from provisioning.delivery.engine import Engine
from provisioning.delivery.task import DeliveryOutcome
from provisioning.http.pool import Pool
from provisioning.targets import commands as targets_commands
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import eventually, nothing_due, register
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)
Start = Callable[[], Engine]


def change(target: Target, **changes: Any) -> None:
    targets_commands.change(actor=system(), target=target.id, changes=changes)


def latest(verb: str) -> Event:
    return Event.objects.filter(verb=verb).latest("seq")


def test_registration_is_an_act_of_the_supplier(
    world: World, ordering: Target, shop: fake_target.Server
) -> None:
    event = latest("target.register")
    assert (event.chain, event.organization, event.outcome) == (ledger.SUPPLIER, None, "done")
    body = bytes(event.body).decode()
    assert str(ordering.id) in body
    for clear in (fake_target.TOKEN, shop.scim, shop.address):
        assert clear not in body
    assert (
        encryption.decrypt_secret(data=ordering.token, context=ordering.id.bytes).decode()
        == fake_target.TOKEN
    )


def test_target_changes_by_a_member_are_denied(world: World, ordering: Target) -> None:
    application = Application.objects.get(key="crm")
    for actor in (actor_of(world.aino), actor_of(world.tiina)):
        with pytest.raises((Denied, NotFound)):
            targets_commands.register(
                actor=actor, application=application, base_url="https://crm.example.com", token="t"
            )
        with pytest.raises((Denied, NotFound)):
            targets_commands.change(actor=actor, target=ordering.id, changes={"is_active": False})
    assert Target.objects.filter(is_active=True).count() == 1


def test_application_has_one_active_target(world: World, shop: fake_target.Server, ordering: Target) -> None:
    with pytest.raises(AlreadyExists):
        register("ordering", shop)
    change(ordering, is_active=False)
    other = register("ordering", shop)
    with pytest.raises(AlreadyExists):
        change(ordering, is_active=True)
    change(other, is_active=False)
    change(ordering, is_active=True)


def test_repeated_registration_has_one_result(world: World, shop: fake_target.Server) -> None:
    first = register("ordering", shop, idempotency_key="a")
    assert register("ordering", shop, idempotency_key="a").id == first.id


def test_new_token_makes_failed_accounts_due_at_once(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    change(ordering, token="wrong")
    deliverer()
    eventually(lambda: Account.objects.filter(last_error="unauthorized").count() >= 5)
    change(ordering, token=fake_target.TOKEN)
    eventually(nothing_due)
    assert shop.record_of(world.mikko.user_id)["active"]
    event = latest("target.update")
    assert json.loads(bytes(event.body))["after"] == {"token": "new"}
    assert fake_target.TOKEN not in bytes(event.body).decode()


def test_reactivated_target_gets_the_changes_since_its_deactivation(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    change(ordering, is_active=False)
    world.remove(world.mikko)
    world.remove(world.mikko_at_pohjola, by=world.tiina)
    late = world.member(world.koskela, "Late Comer", "viewer")
    eventually(nothing_due)
    assert shop.record_of(world.mikko.user_id)["active"]
    change(ordering, is_active=True)
    eventually(nothing_due)
    assert not shop.record_of(world.mikko.user_id)["active"]
    assert shop.record_of(late.user_id)["active"]
    body = json.loads(bytes(latest("target.update").body))
    assert (body["before"], body["after"]) == ({"is_active": False}, {"is_active": True})


def test_new_address_reads_every_record_first(
    world: World, shop: fake_target.Server, crm: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    """The new system has one of the people already, under an id that another person had in the old one."""
    deliverer()
    eventually(nothing_due)
    mikko, olli = shop.record_of(world.mikko.user_id), shop.record_of(world.olli.user_id)
    crm.users[olli["id"]] = {**mikko, "id": olli["id"], "active": False}
    change(ordering, base_url=crm.scim, token=fake_target.TOKEN)
    eventually(nothing_due)
    assert crm.record_of(world.mikko.user_id)["active"]
    assert crm.record_of(world.mikko.user_id)["id"] == olli["id"]
    assert crm.record_of(world.olli.user_id)["active"]


@pytest.mark.parametrize("switched", [False, True])
def test_outcome_from_before_a_change_has_no_effect(
    world: World,
    shop: fake_target.Server,
    crm: fake_target.Server,
    ordering: Target,
    pool: Pool,
    switched: bool,  # noqa: FBT001 - a case
) -> None:
    """Calls are in flight when the target moves, or is deactivated and reactivated; their outcomes come later."""
    kind, began = AccountDeliveries(pool=pool), clock.now()
    in_flight = kind.lease(worker=1, at=began, in_flight={}) or []
    late = [DeliveryOutcome(one, result=one.run()) for one in in_flight]
    if switched:
        change(ordering, is_active=False)
        change(ordering, is_active=True)
    else:
        change(ordering, base_url=crm.scim, token=fake_target.TOKEN)
    kind.settle(outcomes=late, at=clock.now())
    account = Account.objects.get(user=world.mikko.user_id)
    assert (account.remote_id, account.acknowledged_digest, account.leased_by) == ("", "", None)
    retried = kind.lease(worker=1, at=clock.now(), in_flight={}) or []
    assert len(retried) == len(in_flight) > 0
    kind.settle(outcomes=[DeliveryOutcome(one, result=one.run()) for one in retried], at=clock.now())
    assert (shop if switched else crm).record_of(world.mikko.user_id)["active"]
    # The call in flight may still be executed: its record is read again when it has ended for sure.
    account.refresh_from_db()
    assert account.due_at == account.uncertain_until == began + dt.timedelta(seconds=120)


def test_new_origin_needs_a_new_token(
    world: World, shop: fake_target.Server, crm: fake_target.Server, ordering: Target
) -> None:
    other_origins = [
        crm.scim,
        shop.scim.replace("http:", "https:"),
        shop.scim.replace("127.0.0.1", "localhost"),
    ]
    for url in other_origins:
        with pytest.raises(InvalidInput) as refused:
            change(ordering, base_url=url)
        assert refused.value.data == {"field": "token", "problem": "new_token_required"}
        assert Target.objects.get(id=ordering.id).base_url == shop.scim
    change(ordering, base_url=f"{shop.scim}/further")
    change(ordering, base_url=crm.scim, token="another")


def test_token_that_no_header_can_carry_is_refused(world: World, ordering: Target) -> None:
    for token in ("тест", "a\u00e4"):
        with pytest.raises(InvalidInput) as refused:
            targets_commands.change(actor=world.system, target=ordering.id, changes={"token": token})
        assert refused.value.data == {"field": "token", "problem": "characters"}


def test_change_without_difference_is_refused(world: World, ordering: Target) -> None:
    with pytest.raises(Unchanged):
        change(ordering, is_active=True, base_url=ordering.base_url)
    with pytest.raises(NotFound):
        targets_commands.change(actor=system(), target=uuid.uuid4(), changes={"is_active": True})
    assert not Event.objects.filter(verb="target.update", outcome="done").exists()


BAD = {
    "nothing": "",
    "no scheme": "shop.example.com/scim",
    "no host": "https:///scim",
    "another scheme": "ftp://shop.example.com/",
    "script": "javascript:alert(1)",
    "a user": "https://user@shop.example.com/",
    "a password": "https://user:secret@shop.example.com/",
    "an empty user": "https://@shop.example.com/",
    "a fragment": "https://shop.example.com/#x",
    "an empty fragment": "https://shop.example.com/#",
    "a question": "https://shop.example.com/?tenant=1",
    "a space": "https://shop.example.com/a b",
    "a line break": "https://shop.example.com/\nHost: x",
    "a backslash": "https://shop.example.com\\@127.0.0.1/",
    "letters beyond ASCII": "https://shöp.example.com/",
    "no port": "https://shop.example.com:port/",
    "a port beyond all": "https://shop.example.com:99999/",
    "half an address": "https://[::1/",
    "too long": "https://shop.example.com/" + "x" * 500,
    "in clear": "http://shop.example.com/scim",
    "in clear elsewhere here": "http://127.0.0.2:9/scim",
}


def test_invalid_address_is_refused(world: World, ordering: Target) -> None:
    crm = Application.objects.get(key="crm")
    for kind, url in BAD.items():
        with pytest.raises(InvalidInput, match="invalid_input") as refused:
            targets_commands.register(actor=system(), application=crm, base_url=url, token="t")
        assert refused.value.data["field"] == "base_url", kind
        with pytest.raises(InvalidInput):
            change(ordering, base_url=url)


def test_plain_http_in_production_needs_an_allowed_host(
    world: World, ordering: Target, settings: LazySettings
) -> None:
    settings.KEYHOLDER_ENV = "production"
    settings.ALLOWED_INTERNAL_HOSTS = ["scim.internal:8080"]
    for url in ("http://127.0.0.1:9/scim", "http://localhost/scim", "http://scim.internal/scim"):
        with pytest.raises(InvalidInput) as refused:
            change(ordering, base_url=url)
        assert refused.value.data["problem"] == "insecure"
    change(ordering, base_url="http://scim.internal:8080/scim", token="t")
    change(ordering, base_url="https://scim.example.com/v2", token="t")
    change(ordering, base_url="https://SCIM.example.com:443/v3")


def test_invalid_setting_is_refused(world: World, ordering: Target) -> None:
    for changes in (
        {"token": ""},
        {"token": "a\x00b"},
        {"on_removal": "forget"},
        {"name_form": "initials"},
        {"media_type": "text/xml"},
        {"include_applications": ["nothing-of-ours"]},
        {"failures": 0},
    ):
        with pytest.raises(InvalidInput):
            change(ordering, **changes)


def test_settings_of_a_target_are_guarded_and_its_health_is_not(world: World, ordering: Target) -> None:
    with connection.cursor() as cursor:
        for column in (
            "base_url",
            "token",
            "is_active",
            "include_applications",
            "record_per",
            "on_removal",
            "name_form",
            "send_phone",
            "media_type",
            "verify_writes",
        ):
            with pytest.raises(DatabaseError, match="without the event of an act"), transaction.atomic():
                cursor.execute(f"UPDATE provisioning_target SET {column} = {column}")
        cursor.execute(
            "UPDATE provisioning_target SET failures = 1, down_since = now(), supports_patch = false"
        )


# Resync


def facts_of(act: uuid.UUID) -> dict[uuid.UUID, dict[str, Any]]:
    """Give the facts of the act's own events by membership."""
    events = Event.objects.filter(verb="account.resync", act=act)
    return {event.subject: json.loads(bytes(event.body))["facts"] for event in events}


def test_differing_account_is_resynced_once(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    shop.record_of(world.mikko.user_id)["active"] = False
    Account.objects.filter(user=world.mikko.user_id).update(state="out_of_date")
    done = accounts_commands.resync(actor=actor_of(world.aino), memberships=[world.mikko, world.olli])
    assert done.result == accounts_commands.Resynced(accounts=1)
    eventually(nothing_due)
    assert shop.record_of(world.mikko.user_id)["active"]
    synced = Event.objects.filter(verb="account.synced", act=done.act)
    assert [event.subject for event in synced] == [world.mikko.id]
    assert facts_of(done.act) == {
        world.mikko.id: {"accounts": 1, "active": True, "applications": ["ordering"]},
        world.olli.id: {"accounts": 1, "active": True, "applications": []},
    }
    with pytest.raises(NothingToResync):
        accounts_commands.resync(actor=actor_of(world.aino), memberships=[world.mikko, world.olli])


def test_resync_of_a_matching_record_writes_nothing(
    world: World, shop: fake_target.Server, ordering: Target, deliverer: Start
) -> None:
    deliverer()
    eventually(nothing_due)
    synced, written = Event.objects.filter(verb="account.synced").count(), len(shop.journal)
    Account.objects.filter(user=world.mikko.user_id).update(state="out_of_date")
    accounts_commands.resync(actor=actor_of(world.aino), memberships=[world.mikko])
    eventually(nothing_due)
    assert Account.objects.get(user=world.mikko.user_id).state == "up_to_date"
    assert (Event.objects.filter(verb="account.synced").count(), len(shop.journal)) == (synced, written)


def test_resync_covers_only_managed_members(world: World, shop: fake_target.Server, ordering: Target) -> None:
    Account.objects.update(state="failed")
    with pytest.raises(NotFound):
        accounts_commands.resync(actor=actor_of(world.tiina), memberships=[world.olli])
    with pytest.raises(NotFound):
        accounts_commands.resync(actor=actor_of(world.sami), memberships=[world.mikko])
    with pytest.raises((Denied, NotFound)):
        accounts_commands.resync(actor=actor_of(world.vilma), memberships=[world.mikko])
    assert accounts_commands.resync(
        actor=actor_of(world.sami), memberships=[world.olli]
    ).result == accounts_commands.Resynced(accounts=1)
    world.remove(world.olli)
    Account.objects.update(state="failed")
    done = accounts_commands.resync(actor=actor_of(world.aino), memberships=[world.olli])
    assert done.result == accounts_commands.Resynced(accounts=1)
    assert facts_of(done.act)[world.olli.id]["active"] is False


def test_longest_token_can_be_stored(world: World, ordering: Target) -> None:
    change(ordering, token="a" * 4000)
    assert len(bytes(Target.objects.get(id=ordering.id).token)) > 4000
