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
from tests.fixtures.world import World

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
def refused(person: uuid.UUID) -> Iterator[None]:
    with pytest.raises(DatabaseError, match=f"the key of {person} was destroyed without an event"):
        yield


def execute(statement: str, *params: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)


def test_deleting_all_person_keys_without_an_event_is_refused(world: World) -> None:
    before = PersonKey.objects.count()
    with pytest.raises(DatabaseError, match="was destroyed without an event"), transaction.atomic():
        execute("DELETE FROM audit_person_key")
    assert PersonKey.objects.count() == before > 1


def delete(*people: uuid.UUID) -> None:
    PersonKey.objects.filter(id__in=people).delete()


def test_deleting_one_key_with_an_event_about_another_person_is_refused(world: World) -> None:
    aino, mikko = world.aino.user_id, world.mikko.user_id
    with refused(mikko), transaction.atomic():
        person_keys.append_destruction(aino)
        delete(aino, mikko)


def test_deleting_a_key_without_an_event_in_a_chain_is_refused(world: World) -> None:
    mikko = world.mikko.user_id
    with refused(mikko), transaction.atomic():
        delete(mikko)
    with refused(mikko), transaction.atomic():
        observe(mikko)
        delete(mikko)


def test_deleting_a_key_with_an_event_of_an_earlier_transaction_is_refused(world: World) -> None:
    with transaction.atomic():
        person_keys.append_destruction(world.mikko.user_id)
    with refused(world.mikko.user_id), transaction.atomic():
        delete(world.mikko.user_id)


def test_destroyed_key_that_a_chained_event_names_is_no_finding(world: World) -> None:
    person_keys.destroy(world.mikko.user_id, world.aino.user_id)
    assert verifier.verify().findings == []


def test_key_inserted_without_an_event_is_refused(world: World) -> None:
    with (
        pytest.raises(DatabaseError, match="a change of audit_person_key without an event"),
        transaction.atomic(),
    ):
        execute("INSERT INTO audit_person_key VALUES (%s, 'k1:x')", uuid.uuid4())


def test_key_replaced_or_truncated_by_the_owner_is_refused(world: World, owner: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match="was destroyed without an event"):
        owner.execute("UPDATE audit_person_key SET wrapped = ''")
    with pytest.raises(psycopg.Error, match="cannot be truncated"):
        owner.execute("TRUNCATE audit_person_key")


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
