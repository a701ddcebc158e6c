"""Contacts of a customer are intervals: what was known at an instant stays known, and members have no part in it."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from audit.foundation import clock
from audit.foundation.actor import Actor
from delegation.authorization.errors import Denied, InvalidInput, NotFound
from delegation.customer_contacts import commands, queries
from delegation.customer_contacts.new_contact import MAX_CONTACTS, NewContact
from delegation.organizations import customer_search
from identity.organizations.models import Organization
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
SALO = NewContact("invoice", " Maija  Salo ", "Invoices@Koskela.example", "+358 40 000 0118")


@pytest.fixture
def staff(world: World) -> Staff:
    return Staff(world)


@pytest.fixture
def maarja(staff: Staff) -> Actor:
    return staff.hire("Maarja Kuusk", "account_manager", unit=staff.kivisalo)


def names(world: World, at: dt.datetime) -> list[tuple[str, str]]:
    return [(row.name, row.email) for row in queries.in_force(organization=world.koskela.id, at=at)]


def test_changed_contact_is_known_as_it_was_at_each_instant(world: World, maarja: Actor) -> None:
    before = clock.now()
    added = commands.add(actor=maarja, organization=world.koskela, new=SALO)
    contact, first = added.result.contact, added.at
    move_clock(60)
    other = NewContact("contract", "Jussi Salo", "jussi@koskela.example")
    changed = commands.change(actor=maarja, organization=world.koskela, contact=contact, new=other)
    move_clock(120)
    ended = commands.end(actor=maarja, organization=world.koskela, contact=contact)

    assert names(world, before) == []
    assert names(world, first) == [("Maija Salo", "invoices@koskela.example")]
    assert names(world, changed.at) == [("Jussi Salo", "jussi@koskela.example")]
    assert names(world, ended.at) == []
    known = {"organization": world.koskela.id, "contact": contact}
    assert queries.known_before(**known, at=before) is None
    as_of_first = queries.known_before(**known, at=first)
    assert as_of_first is not None
    assert as_of_first.phone == "+358400000118"
    assert [row.name for row in queries.history(organization=world.koskela.id)] == [
        "Jussi Salo",
        "Maija Salo",
    ]
    with pytest.raises(NotFound):
        commands.change(actor=maarja, organization=world.koskela, contact=contact, new=SALO)


def test_contact_is_refused_without_an_address_beyond_the_bound_and_to_members(
    world: World, staff: Staff, maarja: Actor
) -> None:
    for wrong in (
        NewContact("invoice", "Maija Salo"),
        NewContact("boss", "Maija Salo", "a@koskela.example"),
        NewContact("invoice", "", "a@koskela.example"),
        NewContact("invoice", "Maija Salo", "not an address"),
    ):
        with pytest.raises(InvalidInput):
            commands.add(actor=maarja, organization=world.koskela, new=wrong)
    with pytest.raises(NotFound):
        commands.add(actor=actor_of(world.aino), organization=world.koskela, new=SALO)
    for name, role in (("Sanna Laine", "support"), ("Elina Hakala", "auditor")):
        with pytest.raises(Denied):
            commands.add(
                actor=staff.hire(name, role, unit=staff.kivisalo),
                organization=world.koskela,
                new=SALO,
            )
    for _ in range(MAX_CONTACTS):
        commands.add(actor=maarja, organization=world.koskela, new=SALO)
    with pytest.raises(InvalidInput):
        commands.add(actor=maarja, organization=world.koskela, new=SALO)


def test_contact_is_changed_within_its_own_organization_and_never_rewritten(
    world: World, maarja: Actor
) -> None:
    added = commands.add(actor=maarja, organization=world.koskela, new=SALO)
    contact = added.result.contact
    with pytest.raises(NotFound):
        commands.end(actor=world.system, organization=world.pohjola, contact=contact)
    for statement in (
        "UPDATE delegation_customercontact SET name = 'x'",
        "DELETE FROM delegation_customercontact",
    ):
        with pytest.raises(DatabaseError, match="keeps its rows"), transaction.atomic():
            connection.cursor().execute(statement)


def test_search_finds_the_customer_by_a_present_contact(world: World, maarja: Actor) -> None:
    def found(text: str) -> list[str]:
        rows = customer_search.customers_matching(rows=Organization.objects.all(), text=text)
        return [row.key for row in rows]

    contact = commands.add(actor=maarja, organization=world.koskela, new=SALO).result.contact
    assert [found(text) for text in ("maija salo", "invoices@", "sal mai", "maija virtanen")] == [
        ["koskela"],
        ["koskela"],
        ["koskela"],
        [],
    ]
    commands.end(actor=maarja, organization=world.koskela, contact=contact)
    assert found("maija salo") == []
