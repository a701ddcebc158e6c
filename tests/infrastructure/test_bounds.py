"""Every value in the database is one that a process can read and hold."""

import psycopg
import pytest

from portal import embedded_postgres
from tests.fixtures import cluster

# Each column, its type, and the conditions of the constraints on it.
_COLUMNS = """
SELECT c.relname || '.' || attname, format_type(atttypid, atttypmod),
       (SELECT coalesce(string_agg(pg_get_constraintdef(k.oid), ' '), '') FROM pg_constraint k
        WHERE k.conrelid = c.oid AND k.contype = 'c' AND attnum = ANY (k.conkey)), quote_ident(attname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""
_BOUNDED_BY_TYPE = ("uuid", "boolean", "xid8", "character varying(", "character varying(253)[]")
# What the constraint on a column of this type says.
_BOUNDS = {
    "timestamp with time zone": ("({} >= '1970-01-01", "({} <= '9999-12-31"),
    "smallint": ("({} >= 0)", "({} <= 32000)"),
    "integer": ("({} >= 0)", "({} <= 2000000000)"),
    "bigint": ("({} >= 0)", "({} <= '9000000000000000000'::bigint)"),
    "numeric(14,2)": ("({} >= (0)::numeric)", "({} <= '1000000000000000'::numeric)"),
    "double precision": ("({} >= ", "({} <= "),
    "text": ("octet_length({}) <= ",),
    "bytea": ("octet_length({}) ",),
    "jsonb": ("octet_length(({})::text) <= ", "audit_json_readable({})"),
    "character varying(253)[]": ("cardinality({}) <= ",),
}


def test_every_column_of_every_table_has_a_bound(owner: psycopg.Connection) -> None:
    columns = owner.execute(_COLUMNS).fetchall()
    assert len(columns) > 300
    bad = [
        (name, kind)
        for name, kind, condition, column in columns
        if not (kind in _BOUNDS or kind.startswith(_BOUNDED_BY_TYPE))
        or any(bound.format(column) not in condition for bound in _BOUNDS.get(kind, ()))
    ]
    assert bad == []


@pytest.mark.parametrize("instant", ["infinity", "-infinity", "1969-12-31", "10000-01-01"])
def test_instant_that_python_cannot_read_is_refused(owner: psycopg.Connection, instant: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="keyholder_instants"):
        owner.execute("UPDATE audit_installation SET frozen_at = %s", [instant])


@pytest.mark.parametrize("number", [-1, 2_000_000_001])
def test_number_that_no_increment_may_follow_is_refused(owner: psycopg.Connection, number: int) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("UPDATE audit_installation SET incarnation = %s", [number])


def test_not_a_number_as_an_amount_is_refused(owner: psycopg.Connection) -> None:
    statement = (
        "INSERT INTO delegation_ceiling (id, organization_id, entitlement_id, amount, currency, valid_from) "
    )
    with pytest.raises(psycopg.errors.CheckViolation, match="keyholder_bounds"):
        owner.execute(
            statement
            + "VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'NaN', 'EUR', now())"
        )


@pytest.mark.parametrize(
    "value",
    ["[" * 40 + "]" * 40, "1" + "0" * 5000, "[-1" + "0" * 5000 + "]", '"' + "x" * 5_000_000 + '"'],
    ids=["nested", "long number", "long negative number", "long text"],
)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO portal_cache (cache_key, value, expires) VALUES ('a', %s, now())",
        (
            "INSERT INTO delegation_idempotencyrecord (actor, key, fingerprint, outcome, at) "
            "VALUES (gen_random_uuid(), 'a', 'a', %s, now())"
        ),
    ],
    ids=["general bound", "bound of its own"],
)
def test_json_that_a_process_cannot_hold_is_refused(
    owner: psycopg.Connection, statement: str, value: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="bound"):
        owner.execute(statement, [value])


def test_checkpoint_that_a_process_cannot_hold_is_refused(owner: psycopg.Connection) -> None:
    statement = (
        "INSERT INTO audit_checkpoint (id, size, signed_at, note) VALUES (1, 1, now(), repeat('x', 70000))"
    )
    with pytest.raises(psycopg.errors.CheckViolation, match="keyholder_bounds"):
        owner.execute(statement)


def test_application_s_role_takes_no_number_from_a_sequence(database_urls: cluster.Urls) -> None:
    with psycopg.connect(database_urls[embedded_postgres.APP]) as role:
        row = role.execute(
            "SELECT count(*) FILTER (WHERE has_sequence_privilege(oid, 'USAGE,SELECT,UPDATE')), count(*) "
            "FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert row is not None
    assert row[0] == 0 < row[1]
