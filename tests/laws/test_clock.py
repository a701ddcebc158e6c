"""Time comes from audit.foundation.clock alone: in Python by the linter, and here in SQL and in field options."""

import re
import subprocess
import sys

import pytest

from tests.laws import code

SQL_CLOCKS = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|\b(?:current_timestamp|current_date|current_time|localtimestamp|localtime)\b",
    re.IGNORECASE,
)
THE_CLOCK = "audit/foundation/clock.py"
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
