"""A number taken in advance would stop the row that the sequence gives it to: only sequences give numbers."""

import psycopg
import pytest

from portal import embedded_postgres
from tests.fixtures import cluster

_NUMBERED = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND a.attidentity <> '' AND c.relkind IN ('r', 'p') ORDER BY 1
"""
_SEQUENCES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
  AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(%s, c.oid, 'USAGE, SELECT, UPDATE') END
"""


def test_application_role_chooses_no_number_of_a_row(
    owner: psycopg.Connection, database_urls: cluster.Urls
) -> None:
    numbered = owner.execute(_NUMBERED).fetchall()
    assert ("provisioning_delivery", "id") in numbered
    with psycopg.connect(database_urls[embedded_postgres.APP], autocommit=True) as role:
        for table, column in numbered:
            for statement in (
                f"INSERT INTO {table} ({column}) VALUES (1)",
                f"INSERT INTO {table} ({column}) OVERRIDING SYSTEM VALUE VALUES (1)",
                f"UPDATE {table} SET {column} = {column} + 1",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    role.execute(statement)


def test_application_role_uses_no_sequence(owner: psycopg.Connection) -> None:
    assert owner.execute(_SEQUENCES, [embedded_postgres.APP]).fetchall() == []
