"""Settings that the application's role stores for itself change no later session, and `config check` names them."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from audit.foundation import db
from portal import embedded_postgres
from portal.operations import service_checks
from tests.fixtures import cluster

pytestmark = pytest.mark.django_db(transaction=True, databases=["default"])


@pytest.fixture
def role(database_urls: cluster.Urls) -> Iterator[psycopg.Connection]:
    """SQL as the application's role, whose settings in this database are removed afterwards."""
    with psycopg.connect(database_urls[embedded_postgres.APP], autocommit=True) as role:
        yield role
    # Without the settings that were stored: the very one that ends sessions may be among them.
    with psycopg.connect(database_urls[embedded_postgres.SUPERUSER], autocommit=True) as admin:
        database = connection.settings_dict["NAME"]
        admin.execute(f'ALTER ROLE keyholder_app IN DATABASE "{database}" RESET ALL')
    connection.close()


def store(role: psycopg.Connection, name: str, value: str) -> None:
    role.execute(f"ALTER ROLE keyholder_app IN DATABASE \"{role.info.dbname}\" SET {name} = '{value}'")
    connection.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("default_transaction_isolation", "serializable"),
        ("default_transaction_read_only", "on"),
        ("default_transaction_deferrable", "on"),
        ("statement_timeout", "1ms"),
        ("gin_fuzzy_search_limit", "1"),
        ("jit", "on"),
        ("local_preload_libraries", "missing"),
        ("lock_timeout", "1ms"),
        ("datestyle", "German"),
        ("intervalstyle", "iso_8601"),
        ("bytea_output", "escape"),
        ("search_path", "pg_catalog"),
        ("timezone", "Asia/Tokyo"),
        ("transform_null_equals", "on"),
    ],
)
def test_stored_setting_changes_no_session_and_is_named(
    role: psycopg.Connection, name: str, value: str
) -> None:
    connection.close()
    before = db.fetch_one(f"SHOW {name}")
    assert service_checks.CHECKS["role settings"]().is_ok
    store(role, name, value)
    assert db.fetch_one(f"SHOW {name}") == before
    found = service_checks.CHECKS["role settings"]()
    assert not found.is_ok
    assert f"{name}={value}".lower() in found.text.lower()
