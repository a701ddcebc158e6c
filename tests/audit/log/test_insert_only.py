"""The log is insert-only: by privileges for the application's role, by triggers for the owner of the tables.

Each table and each statement by itself, with the exact error.
"""

import datetime as dt

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction
from psycopg import errors as pg

from audit import sealing
from audit.foundation import clock
from audit.log import partitions
from audit.models import Event, Leaf
from portal import embedded_postgres
from tests.fixtures import cluster
from tests.fixtures.world import World

OWNER = "owner"
pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = {
    "update": "UPDATE {0} SET {1} = {1}",
    "update of no row": "UPDATE {0} SET {1} = {1} WHERE false",
    "delete": "DELETE FROM {0}",
    "delete of no row": "DELETE FROM {0} WHERE false",
    "truncate": "TRUNCATE {0}",
}
PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'audit_event'::regclass ORDER BY 1
"""


def rows() -> tuple[int, int]:
    return Event.objects.count(), Leaf.objects.count()


@pytest.mark.parametrize("table", ["audit_event", "audit_leaf", "audit_subtree"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_log_changed_by_the_owner_is_refused_by_the_table_s_trigger(
    world: World, owner: psycopg.Connection, table: str, statement: str
) -> None:
    sealing.seal_all()
    before = rows()
    with pytest.raises(psycopg.Error, match=f"^{table} is insert-only") as refusal:
        owner.execute(
            STATEMENTS[statement].format(table, "level" if table == "audit_subtree" else "at").encode()
        )
    assert refusal.value.sqlstate == "KH002"
    assert rows() == before


@pytest.mark.parametrize("statement", STATEMENTS)
def test_partition_changed_by_the_owner_is_refused_by_its_own_trigger(
    world: World, owner: psycopg.Connection, statement: str
) -> None:
    """A statement on a partition does not fire the triggers of its parent table."""
    months = [row[0] for row in owner.execute(PARTITIONS.encode())]
    assert len(months) >= 7
    for month in months:
        with pytest.raises(psycopg.Error, match=f"^{month} is insert-only"):
            owner.execute(STATEMENTS[statement].format(month, "at").encode())


def test_new_partition_is_guarded_and_closed_to_the_application(
    world: World, owner: psycopg.Connection
) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("SELECT audit_ensure_partitions('2031-03-01', 1)")
        assert "audit_event_203103" not in dict(owner.execute(RIGHTS).fetchall())
        with pytest.raises(psycopg.Error, match=r"^audit_event_203103 is insert-only"):
            owner.execute("DELETE FROM audit_event_203103")


def test_partitions_are_created_for_at_most_two_years_at_a_time(
    world: World, owner: psycopg.Connection
) -> None:
    with owner.transaction(force_rollback=True):
        before = {row[0] for row in owner.execute(PARTITIONS.encode())}
        owner.execute("SELECT audit_ensure_partitions('2041-11-30', 3)")
        made = {row[0] for row in owner.execute(PARTITIONS.encode())} - before
        assert made == {"audit_event_204111", "audit_event_204112", "audit_event_204201"}
        owner.execute("SELECT audit_ensure_partitions('2051-01-15', 1000)")
        assert len(list(owner.execute(PARTITIONS.encode()))) == len(before) + 3 + 24


@pytest.mark.django_db(transaction=True, databases=["default", OWNER])
def test_partitions_between_two_instants_are_those_months_and_no_other(world: World) -> None:
    """Two calls of the database's function, over the ends of two years or three."""
    at = clock.now()
    first, last = at - dt.timedelta(days=600), at + dt.timedelta(days=450)
    month = first.date().replace(day=1)
    expected = set()
    while month <= last.date():
        expected.add(f"audit_event_{month:%Y%m}")
        month = (month + dt.timedelta(days=31)).replace(day=1)
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(PARTITIONS)
        before = {row[0] for row in cursor.fetchall()}
        partitions.ensure_between(using=OWNER, first=first, last=last)
        cursor.execute(PARTITIONS)
        assert {row[0] for row in cursor.fetchall()} == before | expected
        transaction.set_rollback(True, using=OWNER)
    assert len(expected) > 24


@pytest.mark.parametrize(
    ("at", "months"),
    [
        ("2041-11-01 00:00Z", ["204112"]),
        ("2041-11-30 23:59:59Z", ["204112"]),
        ("2041-12-01 00:00Z", ["204111"]),
        ("2042-01-01 00:00Z", ["204111", "204112"]),
        ("2041-10-31 23:59:59Z", ["204111", "204112"]),
    ],
)
def test_month_with_an_event_in_the_default_partition_gets_no_partition_of_its_own(
    world: World, owner: psycopg.Connection, at: str, months: list[str]
) -> None:
    """The event would have to move, and the log is insert-only."""
    changed = "jsonb_build_object('id', gen_random_uuid(), 'at', %s::text, 'seq', NULL, 'prev', NULL)"
    copy = f"SELECT (jsonb_populate_record(e, {changed})).* FROM audit_event e LIMIT 1"
    with owner.transaction(force_rollback=True):
        owner.execute("SET LOCAL session_replication_role = replica")  # dated away from the present
        assert owner.execute(f"INSERT INTO audit_event {copy}".encode(), [at]).rowcount == 1
        before = {row[0] for row in owner.execute(PARTITIONS.encode())}
        owner.execute("SELECT audit_ensure_partitions('2041-11-15', 2)")
        made = {row[0] for row in owner.execute(PARTITIONS.encode())} - before
        assert made == {f"audit_event_{month}" for month in months}


def test_event_inserted_by_the_owner_is_checked_by_the_chain_trigger(
    world: World, owner: psycopg.Connection
) -> None:
    """The guard refuses changes only; the chain's own trigger judges an insert."""
    with owner.transaction(force_rollback=True):
        owner.execute("INSERT INTO audit_leaf VALUES (9999999, 1, gen_random_uuid(), now(), '')")
    with pytest.raises(psycopg.Error, match="does not continue its chain"), owner.transaction():
        owner.execute(
            "INSERT INTO audit_event SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).*"
            " FROM audit_event e WHERE seq = 1 LIMIT 1"
        )


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


DENIED = {
    "audit_event": "update delete truncate",
    "audit_leaf": "insert update delete truncate",
    "audit_subtree": "insert update delete truncate",
    "audit_installation": "insert update delete truncate",
    "audit_key_fingerprint": "insert update delete truncate",
    "audit_inbox": "insert update delete truncate",
    "audit_person_key": "delete truncate",
    "audit_chain": "update delete truncate",
    "django_migrations": "insert update delete truncate",
    "audit_event_default": "select insert update delete truncate",
    "identity_user": "truncate",
}
"""Statements that the application's role may not run; all others it may."""
COLUMN = {
    "audit_inbox": "at",
    "audit_key_fingerprint": "purpose",
    "audit_leaf": "at",
    "audit_subtree": "level",
}
SHAPES = {
    "select": "SELECT 1 FROM {0} WHERE false",
    "insert": "INSERT INTO {0} SELECT * FROM {0} WHERE false",
    "update": "UPDATE {0} SET {1} = {1} WHERE false",
    "delete": "DELETE FROM {0} WHERE false",
    "truncate": "TRUNCATE {0}",
}


@pytest.mark.parametrize(
    ("table", "verb"), [(table, verb) for table, verbs in DENIED.items() for verb in verbs.split()]
)
def test_application_without_the_privilege_is_refused(world: World, table: str, verb: str) -> None:
    with pytest.raises(DatabaseError, match=f"^permission denied for table {table}") as refusal:
        execute(SHAPES[verb].format(table, COLUMN.get(table, "id")))
    assert isinstance(refusal.value.__cause__, pg.InsufficientPrivilege)


RIGHTS = """
SELECT c.relname, string_agg(p.privilege, ' ' ORDER BY p.privilege)
FROM pg_class c CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
     AS p (privilege)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND has_table_privilege('keyholder_app', c.oid, p.privilege)
GROUP BY c.relname
"""
ORDINARY = "DELETE INSERT SELECT UPDATE"
EXCEPTIONS = {
    "audit_chain": "SELECT",  # and by column: see below
    "audit_event": "INSERT SELECT",
    "audit_inbox": "SELECT",
    "audit_installation": "SELECT",
    "audit_key_fingerprint": "SELECT",
    "audit_leaf": "SELECT",
    "audit_subtree": "SELECT",
    "audit_person_key": "INSERT SELECT",
    "django_migrations": "SELECT",
    "identity_lastsignin": "SELECT",
    **dict.fromkeys(
        (
            "account_emailconfirmation",
            "allauth_idp_oidc_token",
            "auth_group",
            "auth_group_permissions",
            "auth_permission",
            "django_content_type",
            "guardian_groupobjectpermission",
            "guardian_userobjectpermission",
            "identity_user_groups",
            "identity_user_user_permissions",
        ),
        "SELECT",
    ),
    **dict.fromkeys(
        (
            "account_emailaddress",
            "delegation_idempotencyrecord",
            "delegation_invitation_sites",
            "identity_signin_clients",
            "mfa_authenticator",
            "provisioning_account",
            "provisioning_delivery",
            "provisioning_logout",
        ),
        "DELETE SELECT",  # and every column but the number: tests/infrastructure/test_numbers.py
    ),
}


def test_application_has_exactly_the_privileges_it_needs(owner: psycopg.Connection) -> None:
    """Every table counts: the role reaches no partition, and can neither truncate a table nor add a trigger."""
    rights: dict[str, str] = dict(owner.execute(RIGHTS).fetchall())
    assert len(rights) > 50
    views = {name: rights.pop(name) for name in list(rights) if "_published_" in name}
    assert set(views.values()) == {"SELECT"}
    assert {table: privileges for table, privileges in rights.items() if privileges != ORDINARY} == EXCEPTIONS
    assert not [table for table in rights if table.startswith("audit_event_")]


def test_application_may_write_only_the_identity_and_lock_column_of_a_chain(
    owner: psycopg.Connection,
) -> None:
    columns = [
        name
        for (name,) in owner.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'audit_chain'::regclass AND attnum > 0"
        )
    ]
    question = "SELECT has_column_privilege('keyholder_app', 'audit_chain', %s, %s)"
    writable = {
        verb: {name for name in columns if owner.execute(question, [name, verb]).fetchone() == (True,)}
        for verb in ("INSERT", "UPDATE")
    }
    assert writable == {"INSERT": {"id", "kind"}, "UPDATE": {"row_lock"}}


@pytest.mark.parametrize("column", ["id", "kind", "last_seq", "last_hash", "last_at"])
def test_application_setting_a_column_of_a_chain_is_refused(world: World, column: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied for table audit_chain"):
        execute(f"UPDATE audit_chain SET {column} = {column} WHERE false")


@pytest.mark.parametrize("column", ["last_seq", "last_hash", "last_at", "row_lock"])
def test_application_opening_a_chain_with_a_head_is_refused(world: World, column: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied for table audit_chain"):
        execute(f"INSERT INTO audit_chain (id, kind, {column}) VALUES (gen_random_uuid(), 'person', DEFAULT)")
    execute("INSERT INTO audit_chain (id, kind) VALUES (gen_random_uuid(), 'person')")


@pytest.mark.parametrize(("first", "months"), [(-1, 1), (6, 1), (1, 6), (0, 7), (600, 1), (-40_000, 1)])
def test_partition_that_the_next_months_do_not_need_is_refused_to_the_application(
    world: World, first: int, months: int
) -> None:
    """An open transaction that creates one locks the log for all: no month is left to create."""
    match = "the present month and the next five"
    with pytest.raises(DatabaseError, match=match), connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_ensure_partitions("
            "(date_trunc('month', audit_present()) + %s * interval '1 month')::date, %s)",
            [first, months],
        )


@pytest.mark.parametrize(("first", "months"), [("2040-01-01", None), (None, 1), (None, None)])
def test_partition_without_a_month_or_a_number_is_not_created(
    world: World, owner: psycopg.Connection, first: str | None, months: int | None
) -> None:
    before = owner.execute("SELECT count(*) FROM pg_inherits").fetchone()
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_ensure_partitions(%s::date, %s::integer)", [first, months])
    assert owner.execute("SELECT count(*) FROM pg_inherits").fetchone() == before


def test_partition_that_waits_for_readers_gives_up_so_that_acts_go_on(
    owner: psycopg.Connection, database_urls: cluster.Urls
) -> None:
    with psycopg.connect(database_urls[embedded_postgres.APP]) as reader:
        reader.execute("SELECT count(*) FROM audit_event")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            owner.execute("SELECT audit_ensure_partitions('2061-01-01', 1)")


def test_application_that_ensures_the_next_months_locks_no_event(world: World) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        partitions.ensure(at=clock.now())
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock'"
        )
        assert cursor.fetchone() == (0,)
