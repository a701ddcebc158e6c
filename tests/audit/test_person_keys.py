"""A person's key is destroyed only with an event in a chain that names it, and `audit verify` names each other loss."""

import contextlib
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audit import personal_data
from audit.foundation import clock, ids
from audit.foundation.actor import system
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from audit.models import PersonKey
from audit.verification import verifier
from tests.fixtures import person_keys
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def findings() -> set[tuple[str, str]]:
    return {(finding.code, finding.location) for finding in verifier.verify().findings}


def observe(person: uuid.UUID) -> None:
    """Write an event beside the chain that claims to destroy this person's key."""
    context = EventContext(actor=system(), act=ids.uuid7(), at=clock.now())
    facts = {personal_data.DESTROYED: [str(person)]}
    draft = EventDraft(verb="test.destroyed", subject=Subject("user", person), facts=facts)
    ledger.insert_unchained(chain=person, context=context, drafts=[draft])


@contextlib.contextmanager
def refused(person: uuid.UUID, words: str = "was destroyed without an event") -> Iterator[None]:
    with pytest.raises(DatabaseError, match=f"the key of {person} {words}"):
        yield


def execute(statement: str, *params: uuid.UUID | bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)


def empty(*people: uuid.UUID) -> None:
    PersonKey.objects.filter(id__in=people).update(wrapped=b"")


def test_destroying_all_person_keys_without_an_event_is_refused(world: World) -> None:
    with pytest.raises(DatabaseError, match="was destroyed without an event"), transaction.atomic():
        execute("UPDATE audit_person_key SET wrapped = ''")
    assert not PersonKey.objects.filter(wrapped=b"").exists()


def test_destroying_one_key_with_an_event_about_another_person_is_refused(world: World) -> None:
    aino, mikko = world.aino.user_id, world.mikko.user_id
    with refused(mikko), transaction.atomic():
        person_keys.append_destruction(aino)
        empty(aino, mikko)


def test_destroying_a_key_without_an_event_in_a_chain_is_refused(world: World) -> None:
    mikko = world.mikko.user_id
    with refused(mikko), transaction.atomic():
        empty(mikko)
    with refused(mikko), transaction.atomic():
        observe(mikko)
        empty(mikko)


def test_destroying_a_key_with_an_event_of_an_earlier_transaction_is_refused(world: World) -> None:
    with transaction.atomic():
        person_keys.append_destruction(world.mikko.user_id)
    with refused(world.mikko.user_id), transaction.atomic():
        empty(world.mikko.user_id)


def test_destroyed_key_that_a_chained_event_names_is_no_finding(world: World) -> None:
    person_keys.destroy(world.mikko.user_id, world.aino.user_id)
    assert verifier.verify().findings == []


def test_destroyed_key_is_not_put_back_from_a_copy(world: World) -> None:
    """As the application's role, also with an event that names the person."""
    mikko = world.mikko.user_id
    copy = bytes(PersonKey.objects.get(id=mikko).wrapped)
    person_keys.destroy(mikko)
    with refused(mikko, "is destroyed, not replaced"), transaction.atomic():
        person_keys.append_destruction(mikko)
        PersonKey.objects.filter(id=mikko).update(wrapped=copy)
    with pytest.raises(DatabaseError, match="duplicate key"):
        execute("INSERT INTO audit_person_key (id, wrapped) VALUES (%s, %s)", mikko, copy)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute("DELETE FROM audit_person_key WHERE id = %s", mikko)
    assert personal_data.load_keys(data_subjects=[mikko]) == {}


def test_person_with_a_destroyed_key_gets_no_new_one(world: World) -> None:
    mikko = world.mikko.user_id
    person_keys.destroy(mikko)
    with transaction.atomic():
        assert personal_data.load_keys(data_subjects=[mikko], create=True) == {}
    assert bytes(PersonKey.objects.get(id=mikko).wrapped) == b""


def test_verify_names_a_destroyed_key_that_its_owner_put_back(
    world: World, owner: psycopg.Connection
) -> None:
    mikko = world.mikko.user_id
    copy = bytes(PersonKey.objects.get(id=mikko).wrapped)
    person_keys.destroy(mikko)
    owner.execute("SET session_replication_role = replica")
    for statement in (
        "UPDATE audit_person_key SET wrapped = %(copy)s WHERE id = %(id)s",
        "DELETE FROM audit_person_key WHERE id = %(id)s",
        "INSERT INTO audit_person_key (id, wrapped) VALUES (%(id)s, %(copy)s)",
    ):
        owner.execute(statement.encode(), {"copy": copy, "id": mikko})
        expected = set() if "DELETE" in statement else {("destroyed person key exists", str(mikko))}
        assert findings() == expected


def test_verify_names_a_person_whose_key_was_deleted_and_made_again(
    world: World, owner: psycopg.Connection
) -> None:
    """The new key opens, but not what was encrypted before."""
    mikko = world.mikko.user_id
    owner.execute("SET session_replication_role = replica")
    owner.execute("DELETE FROM audit_person_key WHERE id = %s", [mikko])
    with bypassing_commands():
        assert personal_data.load_keys(data_subjects=[mikko], create=True)
    assert findings() == {("person key does not open a value of the log", str(mikko))}


def test_key_inserted_without_an_event_is_refused(world: World) -> None:
    with (
        pytest.raises(DatabaseError, match="a change of audit_person_key without an event"),
        transaction.atomic(),
    ):
        execute("INSERT INTO audit_person_key VALUES (%s, 'k1:x')", uuid.uuid4())


def insert_empty(person: uuid.UUID) -> None:
    with transaction.atomic():
        person_keys.append_destruction(person)
        execute("INSERT INTO audit_person_key VALUES (%s, '')", person)


def test_empty_key_is_not_inserted(world: World) -> None:
    """A person who gets a key later would have none."""
    with pytest.raises(DatabaseError, match="a change of audit_person_key without an event"):
        insert_empty(uuid.uuid4())


def test_key_replaced_deleted_or_truncated_by_the_owner_is_refused(
    world: World, owner: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.Error, match="was destroyed without an event"):
        owner.execute("UPDATE audit_person_key SET wrapped = ''")
    with pytest.raises(psycopg.Error, match="is destroyed, not replaced"):
        owner.execute("UPDATE audit_person_key SET wrapped = 'k1:x'")
    with pytest.raises(psycopg.Error, match="is emptied, not deleted"):
        owner.execute("DELETE FROM audit_person_key")
    with pytest.raises(psycopg.Error, match="cannot be truncated"):
        owner.execute("TRUNCATE audit_person_key")


def test_verify_of_emptied_person_keys_names_each_person(world: World, owner: psycopg.Connection) -> None:
    owner.execute("SET session_replication_role = replica")
    owner.execute("UPDATE audit_person_key SET wrapped = ''")
    people = {str(person) for person in PersonKey.objects.values_list("id", flat=True)}
    assert findings() == {("person key missing", person) for person in people}


def test_verify_of_deleted_person_keys_names_each_person(world: World, owner: psycopg.Connection) -> None:
    owner.execute("SET session_replication_role = replica")
    owner.execute("DELETE FROM audit_person_key WHERE id = %s", [world.mikko.user_id])
    assert findings() == {("person key missing", str(world.mikko.user_id))}
    people = {str(person) for person in PersonKey.objects.values_list("id", flat=True)}
    owner.execute("DELETE FROM audit_person_key")
    assert findings() == {("person key missing", person) for person in people | {str(world.mikko.user_id)}}


def test_verify_ignores_a_destruction_with_a_wrong_mac(world: World, owner: psycopg.Connection) -> None:
    """The event that names the key is in the chain, but its MAC is wrong."""
    person_keys.destroy(world.mikko.user_id)
    owner.execute("SET session_replication_role = replica")
    owner.execute(
        "UPDATE audit_event SET mac = 'k1:00000000000000000000000000000000' WHERE verb = 'test.destroyed'"
    )
    codes = {code for code, _ in findings()}
    assert codes == {"not authentic", "person key missing"}


def test_verify_of_a_replaced_person_key_names_the_person(world: World, owner: psycopg.Connection) -> None:
    """Another person's key, in the right form, does not open: the person's id is part of the encryption."""
    owner.execute("SET session_replication_role = replica")
    owner.execute(
        "UPDATE audit_person_key SET wrapped = (SELECT wrapped FROM audit_person_key WHERE id <> %(id)s LIMIT 1)"
        " WHERE id = %(id)s",
        {"id": world.mikko.user_id},
    )
    assert findings() == {("person key does not open", str(world.mikko.user_id))}
