"""The guard of each table for each statement, and the marks that allow a write."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from psycopg import Error

from audit.foundation import write_guard
from audit.foundation.actor import system
from audit.log import observations
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

OBSERVED = ("identity_user", "account_emailaddress", "mfa_authenticator", "allauth_idp_oidc_client")
"""Written in an act or an observation."""
FREE = (
    "identity_session",
    "identity_signin",
    "identity_signin_clients",
    "identity_authorizationcode",
    "identity_tokenfamily",
    "identity_refreshtoken",
    "identity_accesstoken",
    "identity_user_groups",
    "identity_user_user_permissions",
)
"""Written by every request; a row is valid only under its epochs."""
STRICT = sorted(
    {
        model._meta.db_table
        for label in ("identity", "delegation")
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }.difference(OBSERVED, FREE)
    | {"provisioning_target"}
)
"""All other tables of these layers: written in an act only."""
VERBS = {
    "insert": "INSERT INTO {0} ({2}) SELECT {2} FROM {0} WHERE false",
    "update": "UPDATE {0} SET {1} = {1} WHERE false",
    "delete": "DELETE FROM {0} WHERE false",
}
COLUMNS = """
SELECT quote_ident(attname) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""


def write(table: str, verb: str) -> None:
    """Run the statement on no row: the guard runs for each statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        columns = [name for (name,) in cursor.fetchall()]
        cursor.execute(VERBS[verb].format(table, columns[0], ", ".join(columns)))


def is_refused(table: str, verb: str) -> bool:
    """Whether the guard refuses it, with its exact message and code."""
    words = "an act or an observation" if table in OBSERVED else "an act"
    try:
        write(table, verb)
    except DatabaseError as error:
        cause = error.__cause__
    else:
        return False
    assert isinstance(cause, Error)
    assert str(cause).splitlines()[0] == f"a write to {table} outside {words}"
    assert cause.sqlstate == "KH001"
    return True


@pytest.mark.parametrize("table", [*STRICT, *OBSERVED])
def test_write_to_a_guarded_table_needs_a_mark(world: World, table: str) -> None:
    for verb in VERBS:
        assert is_refused(table, verb)
        with transaction.atomic(), write_guard.allow(mark=write_guard.ACT, origin="act"):
            assert not is_refused(table, verb)
        with transaction.atomic(), write_guard.allow(mark=write_guard.OBSERVATION, origin="observation"):
            assert is_refused(table, verb) is (table in STRICT)
        assert is_refused(table, verb)


@pytest.mark.parametrize("table", FREE)
def test_write_to_a_free_table_needs_no_mark(world: World, table: str) -> None:
    assert not [verb for verb in VERBS if is_refused(table, verb)]


INVALID_MARKS: dict[str, Callable[[], None]] = {
    "empty act": lambda: write_guard._set(write_guard.ACT, ""),
    "empty observation": lambda: write_guard._set(write_guard.OBSERVATION, ""),
    "setting of another name": lambda: write_guard._set("keyholder.other", "act"),
    "act of an earlier transaction": lambda: _commit(write_guard.ACT),
    "observation of an earlier transaction": lambda: _commit(write_guard.OBSERVATION),
    "act of a savepoint rolled back": lambda: _rolled_back(write_guard.ACT),
}


def _commit(mark: str) -> None:
    """Leave a mark in a transaction that ends: a connection of the pool must not carry it on."""
    assert transaction.get_autocommit()
    with transaction.atomic():
        write_guard._set(mark, "left behind")


def _rolled_back(mark: str) -> None:
    with transaction.atomic():
        write_guard._set(mark, "left behind")
        transaction.set_rollback(True)


@pytest.mark.parametrize("what", INVALID_MARKS)
def test_invalid_mark_allows_no_table(world: World, what: str) -> None:
    if "earlier" in what:
        INVALID_MARKS[what]()
        assert is_refused("identity_membership", "update")
        assert is_refused("identity_user", "update")
        return
    with transaction.atomic():
        INVALID_MARKS[what]()
        assert is_refused("identity_membership", "update")
        assert is_refused("identity_user", "update")


def test_mark_within_a_longer_transaction_is_cleared_after_its_block(world: World) -> None:
    with transaction.atomic():
        for mark, table in (
            (write_guard.ACT, "identity_membership"),
            (write_guard.OBSERVATION, "identity_user"),
        ):
            with write_guard.allow(mark=mark, origin="x"):
                assert not is_refused(table, "update")
            assert is_refused(table, "update")


def test_recording_allows_the_tables_of_sign_in_until_it_ends(world: World) -> None:
    with observations.recording(actor=system()):
        assert not is_refused("identity_user", "update")
        assert is_refused("identity_membership", "update")
    assert is_refused("identity_user", "update")


CONFIGURATION = (
    "id",
    "application_id",
    "kind",
    "base_url",
    "token",
    "include_applications",
    "record_per",
    "on_removal",
    "verify_writes",
    "is_active",
    "created_at",
)
HEALTH = ("supports_patch", "failures", "down_since", "pause_until")


def _set_column(column: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE provisioning_target SET {column} = {column}")


@pytest.mark.parametrize("column", CONFIGURATION)
def test_configuration_of_a_target_without_an_act_is_refused_column_by_column(
    world: World, column: str
) -> None:
    with pytest.raises(DatabaseError, match="a write to provisioning_target outside an act"):
        _set_column(column)


@pytest.mark.parametrize("column", HEALTH)
def test_health_of_a_target_without_an_act_is_written(world: World, column: str) -> None:
    _set_column(column)


def test_columns_of_a_target_are_each_guarded_or_free() -> None:
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, "provisioning_target")
    assert {column.name for column in described} == {*CONFIGURATION, *HEALTH}
