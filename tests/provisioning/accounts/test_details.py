"""A changed name reaches every connected system of the person's present organizations."""

import pytest

from audit.models import Event
from delegation.people.commands import details
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.targets import commands as targets_commands
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import deliver_all, plan_all, register
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def rename(world: World, name: str, phone: str = "") -> None:
    details.change(actor=actor_of(world.mikko), person=world.mikko.user, name=name, phone=phone)


def test_every_connected_system_gets_the_new_name(
    world: World,
    ordering: Target,
    contacts: Target,
    accounts: AccountDeliveries,
    shop: fake_target.Server,
    crm: fake_target.Server,
) -> None:
    plan_all()
    deliver_all(accounts)
    assert shop.record_of(world.mikko.user_id)["displayName"] == "Mikko Laine"
    rename(world, "Mikko Äimä")
    plan_all()
    assert deliver_all(accounts) == 2, "one call for each system"
    for server in (shop, crm):
        record = server.record_of(world.mikko.user_id)
        assert (record["displayName"], record["name"]["formatted"]) == ("Mikko Äimä", "Mikko Äimä")
    synced = Event.objects.filter(verb="account.synced", act=Event.objects.get(verb="person.update").act)
    assert {event.organization for event in synced} == {world.koskela.id, world.pohjola.id}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Mikko Juhani Äimä", ("Mikko Juhani", "Äimä")),
        ("Mikko", ("Mikko", "Mikko")),
    ],
)
def test_system_that_asks_for_given_and_family_name_gets_the_parts_of_the_new_one(
    world: World, accounts: AccountDeliveries, shop: fake_target.Server, name: str, parts: tuple[str, str]
) -> None:
    register("ordering", shop, name_form=Target.NameForm.GIVEN_AND_FAMILY)
    plan_all()
    deliver_all(accounts)
    rename(world, name)
    plan_all()
    deliver_all(accounts)
    record = shop.record_of(world.mikko.user_id)["name"]
    assert (record["givenName"], record["familyName"]) == parts


def test_closed_record_of_a_former_organization_is_left_alone(
    world: World, accounts: AccountDeliveries, shop: fake_target.Server
) -> None:
    register("ordering", shop, record_per=Target.RecordPer.MEMBERSHIP)
    plan_all()
    deliver_all(accounts)
    world.remove(world.mikko_at_pohjola, by=world.tiina)
    plan_all()
    deliver_all(accounts)
    closed = Account.objects.get(membership=world.mikko_at_pohjola)
    rename(world, "Mikko Äimä")
    plan_all()
    assert Account.objects.get(id=closed.id).due_at is None
    deliver_all(accounts)
    assert shop.record_of(world.mikko.id)["displayName"] == "Mikko Äimä"
    assert shop.record_of(world.mikko_at_pohjola.id)["displayName"] == "Mikko Laine"


def test_every_connected_system_gets_the_language_that_the_person_chose(
    world: World, ordering: Target, accounts: AccountDeliveries, shop: fake_target.Server
) -> None:
    plan_all()
    deliver_all(accounts)
    assert shop.record_of(world.mikko.user_id)["preferredLanguage"] == "en"
    details.change_language(actor=actor_of(world.mikko), person=world.mikko.user, language="fi")
    plan_all()
    assert deliver_all(accounts) == 1
    assert shop.record_of(world.mikko.user_id)["preferredLanguage"] == "fi"


@pytest.mark.parametrize("patch", [True, False])
def test_phone_reaches_only_the_system_that_asks_for_it_and_is_removed_there(
    world: World, contacts: Target, accounts: AccountDeliveries, shop: fake_target.Server,
    crm: fake_target.Server, *, patch: bool,
) -> None:  # fmt: skip
    target = register("ordering", shop, send_phone=True)
    Target.objects.filter(id=target.id).update(supports_patch=patch)
    plan_all()
    deliver_all(accounts)
    rename(world, "Mikko Laine", "+358 40 123 4567")
    plan_all()
    deliver_all(accounts)
    asked = shop.record_of(world.mikko.user_id)["phoneNumbers"]
    assert asked == [{"value": "tel:+358401234567", "type": "work", "primary": True}]
    assert "phoneNumbers" not in crm.record_of(world.mikko.user_id)
    rename(world, "Mikko Laine")
    plan_all()
    deliver_all(accounts)
    assert not shop.record_of(world.mikko.user_id).get("phoneNumbers")


def test_setting_that_is_turned_on_sends_the_phones_of_all_people(
    world: World, ordering: Target, accounts: AccountDeliveries, shop: fake_target.Server
) -> None:
    rename(world, "Mikko Laine", "+358 40 123 4567")
    plan_all()
    deliver_all(accounts)
    assert "phoneNumbers" not in shop.record_of(world.mikko.user_id)
    targets_commands.change(actor=world.system, target=ordering.id, changes={"send_phone": True})
    deliver_all(accounts)
    (number,) = shop.record_of(world.mikko.user_id)["phoneNumbers"]
    assert number["value"] == "tel:+358401234567"
