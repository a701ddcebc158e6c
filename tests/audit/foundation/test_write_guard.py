"""The guarantees of the database: a change of a guarded table commits only together with an event.

Everything here is SQL as the application's role, as an attacker has it who injects statements into the product.
"""

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audit.foundation import clock, ids
from audit.foundation.actor import system
from audit.log import ledger, observations
from audit.log.ledger import EventContext, EventDraft, Subject
from identity.clients.models import Application
from portal import embedded_postgres
from provisioning.targets import commands as targets_commands
from tests.fixtures import cluster, events
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

OBSERVED = {"identity_user", "account_emailaddress", "mfa_authenticator", "allauth_idp_oidc_client"}
"""Changed with any event, also with an observation; all other guarded tables with the event of an act."""
TABLES = """
SELECT c.relname,
       array_remove(array_agg(t.tgname::text), NULL),
       obj_description(c.oid, 'pg_class'),
       has_table_privilege('keyholder_app', c.oid, 'INSERT, UPDATE, DELETE')
           OR has_any_column_privilege('keyholder_app', c.oid, 'INSERT, UPDATE'),
       has_table_privilege('keyholder_app', c.oid, 'TRUNCATE, TRIGGER, REFERENCES')
FROM pg_class c LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgenabled = 'O' AND NOT t.tgisinternal
    AND (t.tgname <> 'keyholder_guard' OR t.tgtype = 29 AND t.tginitdeferred)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
GROUP BY c.oid ORDER BY c.relname
"""
"""A guard is deferred and for each row inserted, updated or deleted (1 + 4 + 8 + 16 in `pg_trigger.tgtype`)."""
COLUMNS = """
SELECT quote_ident(attname) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''
ORDER BY attnum
"""
PAGE = pathlib.Path(__file__).parents[3] / "docs" / "tables.md"
PERSON_KEYS = "audit_person_key"
"""Guarded by a trigger of its own: tests/audit/test_person_keys.py."""
WITHOUT_ROWS = {
    "delegation_customercontact",
    "delegation_domainverification",
    "delegation_absenceclaim",
    "delegation_takeoverreport",
    "delegation_adminconfirmation",
    "delegation_dormancywarning",
    "delegation_dutyexception",
    "delegation_handover",
    "delegation_accessreview",
    "delegation_reviewline",
    "delegation_factorrecovery",
    "delegation_orphancase",
    "delegation_orphanletter",
    "delegation_orphanproof",
    "delegation_orphanrequest",
    "delegation_orphanverdict",
    "identity_suspension",
    "delegation_catalogueproposal",
    "delegation_hold",
    "delegation_idempotencyrecord",
    "delegation_plannedremoval",
    "delegation_staffpermission",
    "delegation_staffright",
    "delegation_staffscope",
    "identity_breakglass",
    "identity_breakglasspasskey",
    "identity_look",
    "identity_lookrule",
    "identity_serviceuser",
    "identity_staffidentity",
}
"""Guarded tables that the sample world leaves empty."""


@pytest.fixture
def world(world: World) -> World:
    """The sample world with a target, which it lacks."""
    targets_commands.register(
        actor=system(),
        application=Application.objects.get(key="crm"),
        base_url="https://crm.example/scim",
        token="secret",
    )
    return world


def execute(statement: str, *arguments: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments or None)


def guarded_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [
            name
            for name, triggers, *_ in cursor.fetchall()
            if "keyholder_guard" in triggers and name != PERSON_KEYS
        ]


def classes() -> dict[str, str]:
    """Every table with its class, or `unclassified` where triggers, comment and privileges do not agree on one."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return {name: class_of(*row) for name, *row in cursor.fetchall()}


def class_of(
    triggers: list[str],
    comment: str | None,
    is_writable: bool,  # noqa: FBT001 - a column of TABLES
    has_more_rights: bool,  # noqa: FBT001 - a column of TABLES
) -> str:
    is_guarded = {"keyholder_guard", "keyholder_no_truncate"} <= set(triggers)
    is_insert_only = "keyholder_insert_only" in triggers
    is_stated = (comment or "").startswith("Free: " if is_writable else "Read-only: ")
    if has_more_rights or [is_guarded, is_insert_only, is_stated].count(True) != 1:
        return "unclassified"
    if is_guarded:
        return "Guarded"
    return "Insert-only" if is_insert_only else str(comment)


def documented_classes() -> dict[str, str]:
    """The rows of the first table of docs/tables.md."""
    text, _, _ = PAGE.read_text("utf-8").partition("\n## ")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {
        name.strip(" `"): f"{kind.strip()}: {reason.strip()}" if reason.strip() else kind.strip()
        for name, kind, reason in rows
    }


def first_column(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        return str(cursor.fetchall()[0][0])


def touch(table: str) -> None:
    """Change every row of the table, to the same values."""
    column = first_column(table)
    execute(f"UPDATE {table} SET {column} = {column}")


@contextlib.contextmanager
def refused(table: str) -> Iterator[None]:
    """The block fails because a change of the table has no event, with the exact message and code."""
    with pytest.raises(DatabaseError) as caught:
        yield
    cause = caught.value.__cause__
    assert isinstance(cause, psycopg.Error)
    required = "an event" if table in OBSERVED else "the event of an act"
    assert str(cause).splitlines()[0] == f"a change of {table} without {required}"
    assert cause.sqlstate == "KH001"


def draft(world: World) -> EventDraft:
    return EventDraft(verb="site.create", subject=Subject("site", world.koskela.id))


def append_chained(world: World) -> None:
    events.append(world.koskela.id, draft(world), organization=world.koskela.id)


def insert_unchained(world: World) -> None:
    context = EventContext(actor=system(), act=ids.uuid7(), at=clock.now(), organization=world.koskela.id)
    ledger.insert_unchained(chain=world.koskela.id, context=context, drafts=[draft(world)])


def test_every_table_has_the_class_that_the_document_states(world: World) -> None:
    assert classes() == documented_classes()
    assert len(guarded_tables()) == 58


def test_table_without_a_class_is_seen(world: World, owner: psycopg.Connection) -> None:
    owner.execute("CREATE TABLE forgotten (id integer); GRANT SELECT, UPDATE ON forgotten TO keyholder_app")
    try:
        assert classes()["forgotten"] == "unclassified"
        owner.execute("COMMENT ON TABLE forgotten IS 'Read-only: but the application writes it'")
        assert classes()["forgotten"] == "unclassified"
    finally:
        owner.execute("DROP TABLE forgotten")


def test_change_without_an_event_fails_at_commit(world: World) -> None:
    """Also with what served as a mark before: a setting of the transaction or of the connection."""
    for table in guarded_tables():
        if table in WITHOUT_ROWS:
            continue
        for is_local in (True, False):
            with refused(table), transaction.atomic():
                execute("SELECT set_config('keyholder.act', 'x', %s)", is_local)
                touch(table)


def test_change_with_an_observation_commits_in_the_tables_of_sign_in_only(world: World) -> None:
    for table in guarded_tables():
        if table in WITHOUT_ROWS:
            continue
        with contextlib.nullcontext() if table in OBSERVED else refused(table), transaction.atomic():
            insert_unchained(world)
            touch(table)


def test_change_with_the_event_of_an_act_commits(world: World) -> None:
    for table in guarded_tables():
        with transaction.atomic():
            touch(table)
            append_chained(world)


def test_tables_without_rows_are_listed(world: World) -> None:
    with connection.cursor() as cursor:
        empty = set()
        for table in guarded_tables():
            cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
            if cursor.fetchone() is None:
                empty.add(table)
    assert empty == WITHOUT_ROWS


@pytest.mark.parametrize(
    "change", ["INSERT INTO guarded VALUES (2)", "UPDATE guarded SET id = 3", "DELETE FROM guarded"]
)
def test_each_kind_of_change_needs_an_event(world: World, owner: psycopg.Connection, change: str) -> None:
    owner.execute("CREATE TABLE guarded (id integer); INSERT INTO guarded VALUES (1)")
    try:
        owner.execute("SELECT audit_guard_table('guarded'); GRANT ALL ON guarded TO keyholder_app")
        with refused("guarded"), transaction.atomic():
            execute(change)
        with transaction.atomic():
            execute(change)
            append_chained(world)
    finally:
        owner.execute("DROP TABLE guarded")


def test_viewer_made_organization_admin_in_sql_stays_a_viewer(world: World) -> None:
    before = assigned_roles()
    with refused("delegation_assignment"), transaction.atomic():
        execute(
            "UPDATE delegation_assignment SET role_id = r.id FROM delegation_role r "
            "WHERE r.key = 'organization_admin'"
        )
    assert assigned_roles() == before


def assigned_roles() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, role_id FROM delegation_assignment ORDER BY id")
        return list(cursor.fetchall())


def test_event_of_an_earlier_transaction_does_not_serve(world: World) -> None:
    with transaction.atomic():
        append_chained(world)
    with refused("identity_membership"), transaction.atomic():
        touch("identity_membership")


def test_event_of_a_savepoint_rolled_back_does_not_serve(world: World) -> None:
    with refused("identity_membership"), transaction.atomic():
        with transaction.atomic():
            append_chained(world)
            transaction.set_rollback(True)
        touch("identity_membership")


def test_event_of_a_savepoint_serves(world: World) -> None:
    with transaction.atomic():
        with transaction.atomic():
            append_chained(world)
        with transaction.atomic():
            touch("identity_membership")


def test_event_of_another_open_transaction_does_not_serve(world: World, database_urls: cluster.Urls) -> None:
    with psycopg.connect(database_urls[embedded_postgres.APP]) as other:
        other.execute("UPDATE identity_membership SET id = id")
        with transaction.atomic():
            append_chained(world)
        with pytest.raises(psycopg.Error, match="without the event of an act"):
            other.commit()


def test_observation_without_an_event_fails(world: World) -> None:
    with refused("identity_user"), observations.recording(actor=system()):
        touch("identity_user")


def test_observation_that_changes_nothing_needs_no_event(world: World) -> None:
    with observations.recording(actor=system()):
        pass


@pytest.mark.parametrize(
    "attack",
    [
        "INSERT INTO audit_inbox (event, at, in_chain) VALUES (gen_random_uuid(), now(), true)",
        "UPDATE audit_inbox SET xact = pg_current_xact_id()",
        "DELETE FROM audit_inbox",
        "TRUNCATE identity_membership CASCADE",
        "ALTER TABLE identity_membership DISABLE TRIGGER ALL",
        "DROP TRIGGER keyholder_guard ON identity_membership",
        "SET session_replication_role = replica",
        "CREATE FUNCTION public.audit_require_act() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "SELECT audit_guard_table('identity_session')",
        "CREATE TEMP TABLE audit_inbox (xact xid8, in_chain boolean)",
        "CREATE SCHEMA shadow",
        "COMMENT ON TABLE identity_membership IS 'Free: no reason at all'",
    ],
)
def test_application_cannot_weaken_the_guard(world: World, attack: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        execute(attack)


def test_owner_cannot_truncate_a_guarded_table(world: World, owner: psycopg.Connection) -> None:
    for table in guarded_tables():
        with pytest.raises(psycopg.Error, match="cannot be truncated"):
            owner.execute(f"TRUNCATE {table} CASCADE")


FREE_COLUMNS = {
    "provisioning_target": {
        *("supports_patch", "without_patch", "failures", "down_since", "pause_until"),
        *("sync_cursor", "synced_at"),
    }
}
"""Columns that record how a target answers, and how far a sync has come; all others of guarded tables are guarded."""


def test_every_column_of_a_guarded_table_is_guarded_or_listed(world: World) -> None:
    for table in set(guarded_tables()) - WITHOUT_ROWS:
        with connection.cursor() as cursor:
            cursor.execute(COLUMNS, [table])
            columns = [name for (name,) in cursor.fetchall()]
        assert {column for column in columns if is_free(table, column)} == FREE_COLUMNS.get(table, set()), (
            table
        )


def is_free(table: str, column: str) -> bool:
    try:
        with transaction.atomic():
            execute(f"UPDATE {table} SET {column} = {column}")
    except DatabaseError as error:
        return "KH001" not in str(getattr(error.__cause__, "sqlstate", ""))
    return True


@pytest.mark.parametrize(
    ("change", "needs_event"),
    [
        ("UPDATE guarded SET id = 3", True),
        ("UPDATE guarded SET seen = 3, id = 3", True),
        ("UPDATE guarded SET seen = 3", False),
        ("INSERT INTO guarded VALUES (2, 2)", True),
        ("DELETE FROM guarded", True),
    ],
)
def test_free_column_of_a_guarded_table_alone_changes_without_an_event(
    *, world: World, owner: psycopg.Connection, change: str, needs_event: bool
) -> None:
    owner.execute("CREATE TABLE guarded (id integer, seen integer, gone integer)")
    try:
        owner.execute("ALTER TABLE guarded DROP COLUMN gone; INSERT INTO guarded VALUES (1, 1)")
        owner.execute("SELECT audit_guard_table('guarded', free_columns => '{seen}')")
        owner.execute("GRANT ALL ON guarded TO keyholder_app")
        with refused("guarded") if needs_event else contextlib.nullcontext(), transaction.atomic():
            execute(change)
    finally:
        owner.execute("DROP TABLE guarded")
