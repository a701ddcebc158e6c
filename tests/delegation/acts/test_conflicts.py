"""Violated unique constraints: a known one is a refusal with its field, any other an error of the program."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError

from audit.foundation.errors import Busy
from audit.models import Event
from delegation.acts.acting import acting
from delegation.acts.subjects import MembershipSet
from delegation.applications import commands as applications_commands
from delegation.applications import new_client
from delegation.authorization.errors import AlreadyExists
from delegation.authorization.verbs import Verb
from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import NewOrganization
from identity import lifecycle
from identity.memberships.models import Membership
from identity.people.models import User
from tests.fixtures import world as worlds
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def _organization(world: World, **values: object) -> object:
    new = NewOrganization(**{"key": "uusi", "name": "Uusi Oy", **values})  # type: ignore[arg-type]
    return organizations_commands.create_organization(actor=world.system, new=new)


def _application(world: World, key: str, client_id: str) -> object:
    client = new_client.NewClient(
        client_id=client_id,
        name="Invoices",
        redirect_uris=["https://invoices.example.test/cb"],
        scopes=["openid"],
    )
    return applications_commands.register_application(
        actor=world.system, key=key, name={"en": "Invoices"}, unit="kivisalo", client=client
    )


TAKEN: dict[str, Callable[[World], object]] = {
    "key": lambda w: _organization(w, key="koskela"),
    "number": lambda w: _organization(w, numbers={"kivisalo": "K-koskela"}),
    "site": lambda w: organizations_commands.add_sites(
        actor=w.system, organization=w.koskela, sites=[("Oulu", "OUL2")]
    ),
    "client": lambda w: _application(w, "invoices", "ordering"),
}


@pytest.mark.parametrize("field", TAKEN)
def test_taken_value_is_refused_with_its_field(world: World, field: str) -> None:
    with pytest.raises(AlreadyExists) as refusal:
        TAKEN[field](world)
    assert refusal.value.data == {"field": field}


def test_taken_key_of_an_application_is_refused_with_its_field(world: World) -> None:
    with pytest.raises(AlreadyExists) as refusal:
        _application(world, "ordering", "invoices")
    assert refusal.value.data == {"field": "key"}


def _act(world: World, body: Callable[[dt.datetime], object]) -> None:
    with acting(actor_of(world.aino), Verb.ACCESS_CHANGE, on=MembershipSet([world.vilma])) as act:
        body(act.at)


def test_address_taken_between_check_and_insert_is_busy(world: World) -> None:
    """The repeated request finds the person and gets the refusal that names the address."""
    newcomer = lifecycle.NewPerson(
        email=world.mikko.user.email, name="Mikko Two", password=worlds.hashed(), language="en"
    )
    people = User.all_directories.count()
    with pytest.raises(Busy) as refusal:
        _act(world, lambda at: lifecycle.create_people(people=[newcomer], at=at))
    assert refusal.value.data == {"seconds": 1}
    assert User.all_directories.count() == people


def test_unknown_constraint_is_raised_as_it_is(world: World) -> None:
    events = Event.objects.count()
    with pytest.raises(IntegrityError, match="membership"):
        _act(
            world,
            lambda at: Membership.objects.create(
                organization=world.koskela, user=world.vilma.user, sort_key="x", created_at=at
            ),
        )
    assert Event.objects.count() == events
