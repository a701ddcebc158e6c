"""Migrations: named by hand, numbered without a hole, free of live code, and each about tables of its own app."""

import ast
import pathlib
import re

import pytest

from tests.laws import code

INITIAL = {"0001_initial", "identity/migrations/0002_initial"}
"""django-allauth's client refers to the user, and the other tables of identity refer to that client."""
FIELD_DEFAULTS = "audit.foundation.ids"
_GENERATED = re.compile(r"_auto_\d|_and_more$|_initial$")
_CHANGED = re.compile(r"(?:\bALTER TABLE|\bINDEX \w+ ON)\s+(\w+)")


def misnamed(path: str) -> bool:
    """Whether `makemigrations` made up the name; `0001_initial` is the rule's own name for the first one."""
    stem = path.removesuffix(".py")
    return bool(_GENERATED.search(stem)) and not {stem, stem.rpartition("/")[2]} & INITIAL


def live_imports(module: code.Module) -> list[str]:
    """Name the imports of the product's modules but the one that Django writes for the default of a key."""
    names = [
        name
        for node in code.nodes(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
    ]
    return [
        f"{module.name}: {name}"
        for name in names
        if name.partition(".")[0] in code.LAYERS and name != FIELD_DEFAULTS
    ]


def foreign_tables(path: str, sql: str) -> list[str]:
    """Name the tables of another app of Keyholder that this file indexes or alters."""
    app = path.partition("/")[0]
    return [
        f"{path}: {table}"
        for table in _CHANGED.findall(sql)
        if table.partition("_")[0] in code.LAYERS and not table.startswith(f"{app}_")
    ]


def _files(pattern: str) -> list[pathlib.Path]:
    return [path for app in code.LAYERS for path in sorted((code.ROOT / app / "migrations").glob(pattern))]


def _name(path: pathlib.Path) -> str:
    return str(path.relative_to(code.ROOT))


def test_migrations_are_named_by_hand() -> None:
    assert [_name(path) for path in _files("0*.py") if misnamed(_name(path))] == []


def test_migrations_are_numbered_without_a_hole() -> None:
    for app in code.LAYERS:
        numbers = [int(path.name[:4]) for path in sorted((code.ROOT / app / "migrations").glob("0*.py"))]
        assert numbers == list(range(1, len(numbers) + 1)), app


def test_migrations_import_no_live_code() -> None:
    migrations = [module for module in code.modules(*code.LAYERS) if module.is_migration]
    assert code.violations(live_imports, migrations) == []


def test_migrations_change_tables_of_their_own_app() -> None:
    changed = [
        name for path in _files("*.sql") for name in foreign_tables(_name(path), path.read_text("utf-8"))
    ]
    assert changed == []


def test_every_sql_file_belongs_to_a_migration() -> None:
    text = "".join(path.read_text("utf-8") for path in _files("0*.py"))
    assert [
        _name(path)
        for path in _files("*.sql")
        if not path.with_suffix(".py").exists() and f'"{path.name}"' not in text
    ] == []


@pytest.mark.parametrize(
    "path",
    [
        "identity/migrations/0004_auto_20261128",
        "audit/migrations/0003_chain_and_more",
        "audit/migrations/0003_initial",
    ],
)
def test_generated_migration_name_is_found(path: str) -> None:
    assert misnamed(f"{path}.py")


@pytest.mark.parametrize(
    "bad", ["import identity.memberships.models", "from audit.foundation import guard_sql"]
)
def test_import_of_live_code_in_a_migration_is_found(bad: str) -> None:
    assert live_imports(code.Module("delegation/migrations/0003_bad.py", bad))


@pytest.mark.parametrize(
    "bad", ["CREATE INDEX ended ON identity_signin (ended_at)", "ALTER TABLE identity_user ADD COLUMN x text"]
)
def test_table_of_another_app_in_a_migration_is_found(bad: str) -> None:
    assert foreign_tables("provisioning/migrations/0003_bad.sql", bad)
    assert foreign_tables("identity/migrations/0004_fine.sql", bad) == []
