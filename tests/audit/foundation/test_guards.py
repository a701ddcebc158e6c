"""Every table is guarded for an act, guarded for an act or an observation, or listed as free with its reason."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from audit.foundation import write_guard
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

GUARDS = """
SELECT c.relname, p.proname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgname = 'keyholder_guard' AND t.tgenabled = 'O'
"""
FREE = """
SELECT c.relname || '.' || a.attname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum > 0 AND NOT a.attisdropped
WHERE t.tgname = 'keyholder_guard' AND cardinality(t.tgattr::int2[]) > 0 AND a.attnum <> ALL(t.tgattr::int2[])
"""
UNGUARDED_COLUMNS = {
    "provisioning_target.supports_patch": "the deliverer records whether the target has refused PATCH",
    "provisioning_target.failures": "the deliverer counts the failures in a row",
    "provisioning_target.down_since": "the deliverer records since when the target fails",
    "provisioning_target.pause_until": "the deliverer pauses a failing target",
}
UNGUARDED = {
    "identity_session": "written by every request; valid only under its user's epoch",
    "identity_signin": "written by sign-in; valid only under both epochs",
    "identity_signin_clients": "the services of a sign-in",
    "identity_authorizationcode": "issued by the provider; valid only under both epochs",
    "identity_tokenfamily": "the same",
    "identity_refreshtoken": "the same",
    "identity_accesstoken": "the same",
    "identity_user_groups": "never used: rights are assignments",
    "identity_user_user_permissions": "never used: rights are assignments",
    "provisioning_account": "follows from the log and from what targets acknowledge",
    "provisioning_cursor": "the planner's position in the log",
    "provisioning_delivery": "follows from the log",
    "provisioning_logout": "follows from sign-ins that ended",
    "provisioning_mail": "a queue, also for mails of sign-in",
}
OBSERVED = {"identity_user", "account_emailaddress", "mfa_authenticator", "allauth_idp_oidc_client"}


def guards() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(GUARDS)
        return dict(cursor.fetchall())


def tables() -> set[str]:
    ours = [apps.get_app_config(label) for label in ("identity", "delegation", "provisioning")]
    return {model._meta.db_table for app in ours for model in app.get_models(include_auto_created=True)}


def test_table_without_a_guard_is_listed_with_its_reason() -> None:
    assert tables() - guards().keys() == UNGUARDED.keys()
    assert {table for table, how in guards().items() if how == "audit_guard_act_or_observation"} == OBSERVED


def test_column_without_a_guard_in_a_guarded_table_is_listed_with_its_reason() -> None:
    with connection.cursor() as cursor:
        cursor.execute(FREE)
        assert {row[0] for row in cursor.fetchall()} == UNGUARDED_COLUMNS.keys()


UPDATE = "UPDATE {0} SET {1} = {1} WHERE false"  # writes nothing: the guard is the statement's
STATEMENTS = [UPDATE, "INSERT INTO {0} DEFAULT VALUES", "DELETE FROM {0} WHERE false"]


def _write(table: str, statement: str) -> None:
    with connection.cursor() as cursor:
        names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        cursor.execute(statement.format(table, names[0]))


def test_guarded_table_without_a_mark_refuses_each_write(world: World) -> None:
    assert len(guards()) >= 20
    for table in guards():
        for statement in STATEMENTS:
            with (
                pytest.raises(DatabaseError, match=f"a write to {table} outside an act"),
                transaction.atomic(),
            ):
                _write(table, statement)


def test_observation_mark_allows_sign_in_tables_only(world: World) -> None:
    for table, how in guards().items():
        with transaction.atomic(), write_guard.allow(mark=write_guard.OBSERVATION, origin="test"):
            if how == "audit_guard_act_or_observation":
                _write(table, UPDATE)
                continue
            with pytest.raises(DatabaseError, match="outside an act"), transaction.atomic():
                _write(table, UPDATE)


def test_mark_after_its_block_is_cleared(world: World) -> None:
    with transaction.atomic():
        with bypassing_commands():
            _write("identity_membership", UPDATE)
        with pytest.raises(DatabaseError, match="outside an act"), transaction.atomic():
            _write("identity_membership", UPDATE)


def _fail_under_the_mark() -> None:
    with bypassing_commands():
        _write("identity_membership", UPDATE)
        raise ZeroDivisionError


def test_mark_after_an_error_is_cleared(world: World) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            _fail_under_the_mark()
        with pytest.raises(DatabaseError, match="outside an act"), transaction.atomic():
            _write("identity_membership", UPDATE)
