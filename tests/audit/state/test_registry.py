"""Every guarded table is declared, and of a rebuilt one every column."""

import pathlib

import psycopg
import pytest

from audit.state import declarations
from audit.state.declarations import NotRebuilt, Rebuilt

GUARDED = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'keyholder_guard' AND tgparentid = 0"
COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
GRANTS = {
    "identity_session",
    "identity_signin",
    "identity_signin_clients",
    "identity_authorizationcode",
    "identity_tokenfamily",
    "identity_accesstoken",
    "identity_refreshtoken",
    "identity_servicetoken",
    "identity_staffsession",
    "identity_stafflogout",
}
"""Free tables that are declared too: who is signed in."""
PAGE = pathlib.Path(__file__).parents[3] / "docs" / "tables.md"


def declared() -> set[str]:
    return {table.table for table in declarations.tables()}


def declared_columns(table: Rebuilt) -> set[str]:
    return {*table.key, *table.columns, *table.encrypted, *table.not_compared}


def test_declared_tables_are_the_guarded_ones_and_those_of_sign_ins(owner: psycopg.Connection) -> None:
    guarded = {name for (name,) in owner.execute(GUARDED).fetchall()}
    assert len(guarded) > 20
    assert declared() == guarded | GRANTS


def test_rebuilt_tables_name_every_column_once(owner: psycopg.Connection) -> None:
    for table in declarations.rebuilt():
        columns = {name for (name,) in owner.execute(COLUMNS, [table.table]).fetchall()}
        assert columns <= declared_columns(table), table.table
        assert declared_columns(table) - columns <= set(table.key), table.table
        parts = (table.key, table.columns, table.encrypted, tuple(table.not_compared))
        assert len(declared_columns(table)) == sum(map(len, parts)), table.table


def test_table_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="identity_user is declared twice"):
        declarations.register(NotRebuilt("identity_user", "again"))


def rows_of_page() -> dict[str, tuple[str, str]]:
    """What the page says is compared and not compared, by table."""
    part = PAGE.read_text(encoding="utf-8").split("## Compared with the log", 1)[1]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): (row[1], row[2]) for row in rows}


def row_of(table: Rebuilt | NotRebuilt) -> tuple[str, str]:
    if isinstance(table, NotRebuilt):
        return "not rebuilt", table.reason
    reasons: dict[str, list[str]] = {}
    for column, reason in table.not_compared.items():
        reasons.setdefault(reason, []).append(f"`{column}`")
    compared = ", ".join(f"`{name}`" for name in (*table.columns, *table.encrypted))
    return compared or "rows", "; ".join(
        f"{', '.join(names)}: {why}" for why, names in reasons.items()
    ) or "-"


def test_page_names_the_compared_columns_and_the_others() -> None:
    assert rows_of_page() == {table.table: row_of(table) for table in declarations.tables()}
