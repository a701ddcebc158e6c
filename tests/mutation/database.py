"""Mutants of the database: a trigger or a constraint that is gone, a function with a changed condition."""

import re
from typing import Any

import psycopg

from tests.mutation import statements

# A function that makes triggers runs in migrations only: a change of it later changes nothing.
_OBJECTS = """
SELECT 'trigger' AS kind, c.relname || '.' || t.tgname AS name, p.proname AS said,
       format('DROP TRIGGER %I ON %I', t.tgname, c.relname) AS statement
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND p.prosrc ~ 'RAISE EXCEPTION'
  AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'constraint', c.relname || '.' || k.conname, k.conname,
       format('ALTER TABLE %I DROP CONSTRAINT %I', c.relname, k.conname)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype IN ('c', 'u', 'x') AND k.conparentid = 0 AND k.connamespace = 'public'::regnamespace
  AND c.relname ~ '^(audit|identity|delegation|provisioning)_'
UNION ALL
SELECT 'index', c.relname || '.' || i.relname, i.relname, format('DROP INDEX %I', i.relname)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
WHERE x.indisunique AND NOT x.indisprimary AND c.relname ~ '^(audit|identity|delegation|provisioning)_'
  AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid)
UNION ALL
SELECT 'function', p.proname, p.proname, pg_get_functiondef(p.oid)
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'public'::regnamespace AND l.lanname IN ('plpgsql', 'sql')
  AND p.prosrc !~ 'CREATE TRIGGER'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""


_BODY = "AS $"
"""The begin of a function's text; what stands before it is no condition: CREATE OR REPLACE."""


def objects(url: str) -> list[dict[str, Any]]:
    """Every guard of a migrated database, with a statement that takes it away or, for a function, that makes it."""
    with psycopg.connect(url) as connection:
        names = ("kind", "name", "said", "statement")
        return [dict(zip(names, row, strict=True)) for row in connection.execute(_OBJECTS)]


def named_in(error: psycopg.Error) -> set[str]:
    """The constraint and the functions that an error of the database names."""
    functions = re.findall(r"function (?:public\.)?(\w+)\(", error.diag.context or "")
    constraint = error.diag.constraint_name
    return {*functions, constraint} if constraint else {*functions}


def changes(one: dict[str, Any]) -> list[tuple[str, str]]:
    """Each change of one object: the operator and the statement."""
    if one["kind"] != "function":
        return [(f"drop {one['kind']}", one["statement"])]
    text = one["statement"]
    begin = text.find(_BODY)
    return [
        (f"function {name}", f"{text[:start]}{instead}{text[end:]}")
        for name, (start, end), instead in statements.changes(text)
        if start > begin
    ]
