"""A second kind of target is delivered by the same engine, through a connector that only the registry names."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import translation

from audit.foundation import clock
from audit.foundation.actor import system
from audit.models import Event
from delegation.authorization.errors import InvalidInput
from identity.clients.models import Application
from portal.wording import refusals
from provisioning.accounts import reconcile, status
from provisioning.accounts.models import Account
from provisioning.connectors import registry
from provisioning.connectors.connector import Connector
from provisioning.delivery.engine import Engine
from provisioning.targets import commands as targets_commands
from provisioning.targets.models import Target
from tests.fixtures import contacts_target, fake_target
from tests.fixtures.contacts_target import ContactsConnector, ContactsServer
from tests.fixtures.deliveries import age_writes, eventually, nothing_due
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
Start = Callable[[], Engine]
KIND = "contacts"


@pytest.fixture
def service(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ContactsServer]:
    """The contacts service, with its connector in the registry."""
    connector: Connector = ContactsConnector()
    monkeypatch.setitem(registry.CONNECTORS, KIND, connector)
    with contacts_target.running() as server:
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, server.address]
        yield server


def register(service: ContactsServer, *, on_removal: str = "deactivate", kind: str = KIND) -> Target:
    registered = targets_commands.register(
        actor=system(),
        application=Application.objects.get(key="crm"),
        base_url=service.url,
        token=contacts_target.API_KEY,
        kind=kind,
        on_removal=on_removal,
        include_applications=["ordering"],
    )
    return Target.objects.get(id=registered.result.target)


@pytest.fixture
def contacts(world: World, service: ContactsServer, deliverer: Start) -> Target:
    """The service as a target that has every record."""
    target = register(service)
    deliverer()
    eventually(nothing_due)
    return target


def amounts(service: ContactsServer, world: World) -> set[str]:
    rights = service.contacts[str(world.mikko.user_id)]["rights"][str(world.koskela.id)]
    return {right["amount"] for right in rights if right["amount"]}


def state(world: World, target: Target) -> str:
    return Account.objects.get(user=world.mikko.user, target=target).state


def test_record_of_a_second_kind_is_created_changed_and_closed(
    world: World, service: ContactsServer, contacts: Target
) -> None:
    assert amounts(service, world) == {"5000.00"}
    world.change(world.mikko, world.access("orderer", sites=[world.tampere], amount=700))
    eventually(lambda: amounts(service, world) == {"700.00"})
    world.remove(world.olli)
    eventually(lambda: not service.contacts[str(world.olli.user_id)]["open"])
    eventually(nothing_due)
    assert service.contacts[str(world.mikko.user_id)]["open"]
    event = Event.objects.filter(verb="account.synced", subject=world.olli.id).latest("at")
    assert b'"active":false' in bytes(event.body)


def test_equal_record_of_a_second_kind_is_not_written_again(
    world: World, service: ContactsServer, contacts: Target
) -> None:
    before = len(service.writes)
    reconcile.resync(accounts=Account.objects.values_list("id", flat=True))
    eventually(nothing_due)
    assert len(service.writes) == before


def test_removal_from_a_target_that_deletes_deletes_the_record(
    world: World, service: ContactsServer, deliverer: Start
) -> None:
    register(service, on_removal="delete")
    deliverer()
    eventually(nothing_due)
    world.remove(world.olli)
    eventually(lambda: str(world.olli.user_id) not in service.contacts)
    assert service.writes[-1] == "DELETE"


def test_difference_in_a_second_kind_is_found_shown_and_resynced(
    world: World, service: ContactsServer, contacts: Target
) -> None:
    record = service.contacts[str(world.mikko.user_id)]
    record["rights"] = {str(world.koskela.id): []}
    age_writes()
    report = reconcile.check(target=contacts)
    assert (len(report.differing), report.matching, report.unknown) == (1, report.total - 1, [])
    (system_status,) = status.systems_of_person(
        user=world.mikko.user, memberships=[world.mikko.id], at=clock.now()
    )
    assert (system_status.state, system_status.actual) == ("out_of_date", [])
    assert amounts(service, world) == set(), "the check only shows the difference"
    reconcile.resync(accounts=report.differing)
    eventually(lambda: amounts(service, world) == {"5000.00"})
    eventually(lambda: state(world, contacts) == "up_to_date")


def test_leaver_opened_again_in_a_second_kind_is_closed_at_once(
    world: World, service: ContactsServer, contacts: Target
) -> None:
    world.remove(world.olli)
    record = service.contacts[str(world.olli.user_id)]
    eventually(lambda: not service.contacts[str(world.olli.user_id)]["open"])
    eventually(nothing_due)
    service.contacts[str(world.olli.user_id)] = record
    age_writes()
    assert len(reconcile.check(target=contacts).differing) == 1
    eventually(lambda: not service.contacts[str(world.olli.user_id)]["open"])


def test_registration_with_an_unknown_kind_is_refused_with_a_sentence(
    world: World, service: ContactsServer
) -> None:
    with pytest.raises(InvalidInput) as refused:
        register(service, kind="telepathy")
    assert refused.value.data == {"field": "kind", "problem": "unknown"}
    with translation.override("en"):
        sentence = refusals.sentence_for(refused.value)
    assert (sentence.text, sentence.field) == ("This is not one of the choices. Choose again.", "kind")
    assert not Target.objects.exists()


def test_target_whose_connector_was_taken_away_stops_no_other(
    world: World,
    shop: fake_target.Server,
    ordering: Target,
    contacts: Target,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with bypassing_commands():
        Target.objects.filter(id=contacts.id).update(kind="gone")
    world.remove(world.olli)
    eventually(lambda: not shop.record_of(world.olli.user_id)["active"])
    eventually(
        lambda: Account.objects.filter(user=world.olli.user, target=contacts, last_error="fault").exists()
    )
    call_command("reconcile")
    assert "crm: not read (fault)\nordering: " in capsys.readouterr().out
