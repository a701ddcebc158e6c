"""Each operator on one small example: what it makes of it, and nothing else."""

import pathlib

import pytest

from tests.mutation import areas, database, mutants, statements

MODULES: dict[str, tuple[str, set[str]]] = {
    "comparison": ("x = a <= b", {"x = a < b"}),
    "connective": ("x = a and b", {"x = a or b"}),
    "operand": ("x = a or b", {"x = False or b", "x = a or False"}),
    "condition": ("x = [a for a in b if a.c]", {"x = [a for a in b if True]"}),
    "negation": ("x = not a", {"x = a"}),
    "filter": (
        "x = rows.filter(~Q(a=1), b=2)",
        {"x = rows.filter(b=2)", "x = rows.filter(~Q(a=1), )"},
    ),
    "argument": ("x = Row(a=b)", {"x = Row()"}),
    "raise": ("try:\n    f = 1\nfinally:\n    raise E\n", {"try:\n    f = 1\nfinally:\n    pass\n"}),
    "statement": ("end(a)", {"pass"}),
    "constant": ("x = True", {"x = False"}),
    "arithmetic": ("x = a + b", {"x = a - b"}),
    "twin": ("x = any(a)", {"x = all(a)"}),
}
STATEMENTS: dict[str, tuple[str, set[str]]] = {
    "condition": (
        "SELECT a FROM t WHERE b = %s AND (c OR d = 1) LIMIT 1",
        {
            "SELECT a FROM t WHERE true AND (c OR d = 1) LIMIT 1",
            "SELECT a FROM t WHERE b = %s AND true LIMIT 1",
            "SELECT a FROM t WHERE b = %s AND (c OR false) LIMIT 1",
        },
    ),
    "assignment": (
        "UPDATE t SET a = 1, b = f(2, 3), c = 4 WHERE d = %s",
        {
            "UPDATE t SET a = 1, c = 4 WHERE d = %s",
            "UPDATE t SET a = 1, b = f(2, 3) WHERE d = %s",
        },
    ),
    "member": (
        "SELECT least(a, f(b, c), d) FROM t WHERE x",
        {"SELECT least(a, d) FROM t WHERE x", "SELECT least(a, f(b, c)) FROM t WHERE x"},
    ),
    "branch": (
        "SELECT 1 FROM (SELECT a FROM b UNION ALL SELECT c FROM d UNION ALL SELECT e FROM f) g",
        {
            "SELECT 1 FROM (SELECT a FROM b UNION ALL SELECT e FROM f) g",
            "SELECT 1 FROM (SELECT a FROM b UNION ALL SELECT c FROM d ) g",
        },
    ),
    "comparison": ("SELECT a FROM t WHERE b <= %s", {"SELECT a FROM t WHERE b < %s"}),
    "word": ("SELECT min(a) FROM t", {"SELECT max(a) FROM t"}),
    "not exists": ("SELECT NOT EXISTS (SELECT 1 FROM t)", {"SELECT EXISTS (SELECT 1 FROM t)"}),
    "join": ("SELECT 1 FROM a LEFT JOIN b", {"SELECT 1 FROM a JOIN b"}),
    "lock": ("SELECT 1 FROM a FOR UPDATE SKIP LOCKED", {"SELECT 1 FROM a "}),
    "skip": ("SELECT 1 FROM a FOR UPDATE SKIP LOCKED", {"SELECT 1 FROM a FOR UPDATE"}),
    "distinct": ("SELECT DISTINCT a FROM t", {"SELECT a FROM t"}),
    "state": ("SELECT 1 FROM a WHERE b = 'active'", {"SELECT 1 FROM a WHERE b = 'suspended'"}),
    "raise": ("IF NEW.a IS NULL THEN RAISE EXCEPTION 'b'", {"IF NEW.a IS NULL THEN RAISE NOTICE 'b'"}),
}


@pytest.mark.parametrize("operator", MODULES)
def test_operators_on_a_module_give_the_expected_mutants(operator: str, tmp_path: pathlib.Path) -> None:
    text, expected = MODULES[operator]
    module = tmp_path / "module.py"
    module.write_text(text, encoding="utf-8")
    made = mutants.of_module("area", module, tmp_path)
    assert {one.text for one in made if one.operator == operator} == expected


@pytest.mark.parametrize("operator", STATEMENTS)
def test_operators_on_a_statement_give_the_expected_mutants(operator: str) -> None:
    text, expected = STATEMENTS[operator]
    made = {
        f"{text[:start]}{instead}{text[end:]}"
        for name, (start, end), instead in statements.changes(text)
        if name == operator
    }
    assert made == expected


def test_guard_that_only_raises_is_changed_once(tmp_path: pathlib.Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def f(a):\n    if a:\n        raise E\n", encoding="utf-8")
    made = mutants.of_module("area", module, tmp_path)
    assert [(one.operator, one.line) for one in made] == [("condition", 2)]


def test_docstrings_annotations_and_decorators_are_not_mutated(tmp_path: pathlib.Path) -> None:
    module = tmp_path / "module.py"
    text = '@mark(frozen=True)\ndef f(a: "x and y" = b) -> not c:\n    """SELECT 1 FROM t WHERE a AND b."""\n'
    module.write_text(text, encoding="utf-8")
    assert mutants.of_module("area", module, tmp_path) == []


def test_statement_held_by_a_constant_belongs_to_the_functions_that_use_it(tmp_path: pathlib.Path) -> None:
    module = tmp_path / "module.py"
    constants = '_A = "SELECT 1 FROM t WHERE b"\n_B = _A\n'
    text = f"{constants}def f():\n    return _B\n\ndef g():\n    return _A.c\n\ndef h(): ...\n"
    module.write_text(text, encoding="utf-8")
    (made,) = mutants.of_module("area", module, tmp_path)
    assert made.functions == ("module.py:f", "module.py:g")


def test_database_function_keeps_all_but_one_condition() -> None:
    function = {
        "kind": "function",
        "statement": "BEGIN IF NEW.a IS NULL AND NEW.b THEN RAISE EXCEPTION 'c'; END IF; END",
    }
    assert ("function condition", function["statement"].replace("NEW.b", "true")) in database.changes(
        function
    )
    head = "CREATE OR REPLACE FUNCTION f() LANGUAGE plpgsql AS $function$ "
    with_head = {"kind": "function", "statement": head + function["statement"]}
    assert [text.removeprefix(head) for _, text in database.changes(with_head)] == [
        text for _, text in database.changes(function)
    ]
    trigger = {"kind": "trigger", "statement": "DROP TRIGGER a ON b"}
    assert database.changes(trigger) == [("drop trigger", "DROP TRIGGER a ON b")]


@pytest.mark.parametrize("area", areas.AREAS, ids=lambda area: area.name)
def test_area_has_modules(area: areas.Area) -> None:
    assert area.files()


def test_each_module_of_the_lower_layers_is_in_an_area_or_left_out_with_a_reason() -> None:
    mutated = {path for area in areas.AREAS for path in area.files()}
    paths = [path for layer in areas.PRODUCT[:4] for path in sorted((areas.ROOT / layer).rglob("*.py"))]
    assert [path for path in paths if path not in mutated and not areas.is_left_out(path)] == []
