"""Every instant in the database is one that Python can read."""

import psycopg
import pytest

# One row for each table: its columns of a kind that can be infinite, and the condition of its constraint.
_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum), array_agg(DISTINCT a.atttypid::regtype::text),
       (SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
        WHERE k.conrelid = c.oid AND k.conname = 'keyholder_instants')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
GROUP BY c.oid ORDER BY 1
"""


def test_every_instant_of_every_table_is_one_that_python_can_read(owner: psycopg.Connection) -> None:
    tables = owner.execute(_TABLES).fetchall()
    assert len(tables) > 30
    bad = {
        name: columns
        for name, columns, kinds, condition in tables
        if kinds != ["timestamp with time zone"]
        or any(f"({column} >= '1970-01-01" not in str(condition) for column in columns)
        or str(condition).count("<= '9999-12-31") != len(columns)
    }
    assert bad == {}


@pytest.mark.parametrize("instant", ["infinity", "-infinity", "1969-12-31", "10000-01-01"])
def test_instant_that_python_cannot_read_is_refused(owner: psycopg.Connection, instant: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="keyholder_instants"):
        owner.execute("UPDATE audit_installation SET frozen_at = %s", [instant])
