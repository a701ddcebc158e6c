"""Time comes from audit.foundation.clock alone: in Python by the linter, and here in SQL and in field options."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.laws import code

SQL_CLOCKS = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|\b(?:current_timestamp|current_date|current_time|localtimestamp|localtime)\b",
    re.IGNORECASE,
)
THE_CLOCK = "audit/foundation/clock.py"
READINGS = re.compile(r"\b(?:now|today|utcnow|monotonic|localdate|time\.time)$")
EXCEPTIONS = {
    "audit/migrations/0002_guards.sql": "creates the log's partitions from the month in which it runs",
    "audit/migrations/0002_instants.sql": "compares an event's instant with a clock that its author cannot move",
}


def clocks(module: code.Module) -> list[str]:
    in_sql = [text.lineno for text in code.strings(module.tree) if SQL_CLOCKS.search(str(text.value))]
    automatic = [
        option.lineno
        for call in code.calls(module.tree)
        for option in call.keywords
        if option.arg in {"auto_now", "auto_now_add"}
    ]
    lines = [] if module.name == THE_CLOCK else in_sql + automatic
    return [f"{module.name}:{line}" for line in lines]


def test_clock_is_the_only_source_of_time() -> None:
    found = {module.name: clocks(module) for module in code.modules(*code.LAYERS)}
    for path in (path for layer in code.LAYERS for path in (code.ROOT / layer).rglob("*.sql")):
        found[str(path.relative_to(code.ROOT))] = SQL_CLOCKS.findall(path.read_text(encoding="utf-8"))
    assert [line for name, lines in found.items() if name not in EXCEPTIONS for line in lines] == []
    assert {name: len(found[name]) for name in EXCEPTIONS} == {
        "audit/migrations/0002_guards.sql": 1,
        "audit/migrations/0002_instants.sql": 2,
    }


@pytest.mark.parametrize(
    "bad",
    [
        "execute('UPDATE t SET at = NOW()')",
        "execute('SELECT clock_timestamp()')",
        "RunSQL('at timestamptz DEFAULT current_timestamp')",
        "DateTimeField(auto_now_add=True)",
    ],
)
def test_other_source_of_time_is_found(bad: str) -> None:
    assert clocks(code.Module("delegation/bad.py", bad))
    assert clocks(code.Module(THE_CLOCK, bad)) == []


@pytest.mark.parametrize(
    "bad",
    [
        "import datetime\ndatetime.datetime.now(tz=datetime.UTC)",
        "from django.utils import timezone\ntimezone.now()",
        "import time\ntime.time()",
        "from django.db.models.functions import Now\nNow()",
    ],
)
def test_linter_reports_other_sources_of_time(bad: str) -> None:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--select=TID251",
        "--stdin-filename=delegation/bad.py",
        "-",
    ]
    done = subprocess.run(command, input=bad, cwd=code.ROOT, capture_output=True, text=True, check=False)
    assert "TID251" in done.stdout


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Give the expressions that run when a module is imported: bodies of functions wait."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, code.Function):
            yield from [*child.decorator_list, *child.args.defaults, *filter(None, child.args.kw_defaults)]
        elif isinstance(child, ast.ClassDef):
            yield from run_at_import(child)
        elif isinstance(child, ast.stmt):
            yield child


def early_readings(module: code.Module) -> list[str]:
    early = [call for part in run_at_import(module.tree) for call in at_once(part)]
    return [f"{module.name}:{call.lineno}" for call in early if READINGS.search(ast.unparse(call.func))]


def at_once(node: ast.AST) -> Iterator[ast.Call]:
    """Give the calls of an expression but those that a lambda puts off."""
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from at_once(child)


def test_no_case_of_a_test_is_dated_when_it_is_imported() -> None:
    """A worker imports a case many minutes before it runs: what was future then is past."""
    assert code.violations(early_readings, code.modules("tests")) == []


@pytest.mark.parametrize(
    "bad",
    [
        "LATER = time.time() + 600",
        "CASES = {'early': Case(at=dt.datetime.now(tz=dt.UTC))}",
        "@pytest.mark.parametrize('at', [clock.now()])\ndef test(at): pass",
        "def made(at=clock.now()): pass",
        "class Case:\n    at = dt.date.today()",
    ],
)
def test_case_dated_at_import_is_found(bad: str) -> None:
    assert early_readings(code.Module("tests/bad.py", bad))


@pytest.mark.parametrize(
    "good",
    ["def now(): return time.time()", "CASES = [lambda: clock.now()]", "T = dt.time(8)\nX = f(uptime(3))"],
)
def test_time_read_while_a_test_runs_is_not_reported(good: str) -> None:
    assert early_readings(code.Module("tests/good.py", good)) == []
