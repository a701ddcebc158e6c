"""The database that tests get: it bites as in production, and nothing stays from test to test."""

import os

import psycopg
import pytest
from django.core.cache import cache
from django.db import Error, connection, transaction

from identity.organizations.models import BusinessUnit
from tests.fixtures import concurrency, database_reset
from tests.fixtures.world import World, bypassing_commands

GUARDED = """
CREATE TABLE ground_guarded (id int PRIMARY KEY, again int REFERENCES ground_guarded);
CREATE FUNCTION ground_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON ground_guarded EXECUTE FUNCTION ground_refuse();
INSERT INTO ground_guarded VALUES (1, 2), (2, 1);
"""


def value(query: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
        return row and row[0]


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(database_reset.TABLES)
        return [row[0] for row in cursor]


@pytest.mark.django_db
def test_tests_connect_as_the_application_role() -> None:
    assert value("SELECT current_user") == "keyholder_app"
    assert value("SELECT count(*) FROM pg_tables WHERE tableowner = current_user") == 0
    assert value("SELECT current_database()") == cluster_name()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMP TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "SET session_replication_role = replica",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TABLE audit_event",
        "SET ROLE keyholder_owner",
    ],
)
def test_statement_beyond_the_application_role_is_refused(statement: str) -> None:
    with pytest.raises(Error, match=r"permission denied|must be owner"), transaction.atomic():
        value(statement)


@pytest.mark.django_db
def test_application_role_cannot_truncate() -> None:
    every = tables()
    assert "audit_event" in every
    for name in every:
        with pytest.raises(Error, match="permission denied"), transaction.atomic():
            value(f'TRUNCATE "{name}"')


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_cache_is_empty_between_tests(time: str) -> None:
    assert cache.get("left") is None
    cache.set("left", time)
    assert cache.get("left") == time


@pytest.mark.django_db(transaction=True)
def test_undeletable_tables_are_empty_in_the_next_test(
    owner: psycopg.Connection, reset_database: database_reset.DatabaseReset
) -> None:
    owner.execute(GUARDED)
    try:
        with pytest.raises(psycopg.errors.RaiseException, match="never"):
            owner.execute("DELETE FROM ground_guarded")
        reset_database.run()
        assert owner.execute("SELECT count(*) FROM ground_guarded").fetchone() == (0,)
    finally:
        owner.execute("DROP TABLE ground_guarded; DROP FUNCTION ground_refuse")


@pytest.mark.django_db(transaction=True)
def test_rows_of_migrations_exist_in_the_next_test(
    owner: psycopg.Connection, reset_database: database_reset.DatabaseReset
) -> None:
    def types() -> list[tuple[object, ...]]:
        return owner.execute("SELECT * FROM django_content_type ORDER BY id").fetchall()

    before = types()
    assert before
    owner.execute("SET session_replication_role = replica")
    owner.execute("DELETE FROM django_content_type WHERE id % 2 = 0")
    owner.execute("UPDATE django_content_type SET model = model || '?'")
    assert types() != before
    reset_database.run()
    assert types() == before


@pytest.mark.django_db(transaction=True)
def test_reset_with_a_transaction_left_open_is_not_left_to_the_next_test(
    owner: psycopg.Connection, reset_database: database_reset.DatabaseReset
) -> None:
    owner.execute("SET session_replication_role = replica")
    with owner.transaction():
        owner.execute("UPDATE django_content_type SET model = model WHERE false")
        reset_database.defer()
        assert database_reset.deferred == []
    reset_database.defer()
    assert database_reset.deferred == [reset_database]
    reset_database.run()
    assert database_reset.deferred == []


def leave_a_row() -> None:
    """Leave one for the next test, that of this test's predecessor being gone."""
    assert not BusinessUnit.objects.filter(key="left").exists()
    with bypassing_commands():
        BusinessUnit.objects.create(key="left", name="Left")


@pytest.mark.parametrize("time", ["first", "second"])
def test_rows_of_a_test_are_gone_in_a_next_one_with_a_snapshot(world: World, time: str) -> None:
    del world, time
    leave_a_row()


def test_rows_of_a_test_with_a_snapshot_are_gone_in_a_transaction(db: None) -> None:
    del db
    leave_a_row()


@pytest.mark.parametrize("time", ["first", "second"])
def test_rows_of_a_test_are_gone_in_a_next_one_that_commits(transactional_db: None, time: str) -> None:
    del transactional_db, time
    leave_a_row()


@pytest.mark.django_db(transaction=True)
def test_threads_leave_no_connection_behind(owner: psycopg.Connection) -> None:
    def connections() -> object:
        mine = "usename = 'keyholder_app' AND datname = current_database()"
        row = owner.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}".encode()).fetchone()
        return row and row[0]

    value("SELECT 1")
    before = connections()
    pids = concurrency.run_concurrently(*[lambda: value("SELECT pg_backend_pid()")] * 3)
    assert len(set(pids)) == 3
    owner.execute("SELECT pg_sleep(0.1)")
    assert connections() == before


def test_exception_in_a_thread_is_raised_in_the_test() -> None:
    outcome = concurrency.run_concurrently(lambda: 1, lambda: 1 / 0)
    assert outcome[0] == 1
    assert isinstance(outcome[1], ZeroDivisionError)


def cluster_name() -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[2]
