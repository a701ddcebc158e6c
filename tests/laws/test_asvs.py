"""`docs/asvs.md` lists each requirement of OWASP ASVS 5.0, levels 1 and 2, once."""

import re
from collections import Counter

from tests.laws import code

PAGE = code.ROOT / "docs/asvs.md"
NUMBERS = code.ROOT / "tests/laws/asvs.txt"
"""The numbers and levels of the standard, one a line."""
ROW = re.compile(r"^\| (V[\d.]+) \| ([12]) \| ([^|]+) \| (\w+) \| (.*) \|$", re.MULTILINE)
STATE = re.compile(r"^\| (\w+) \| [^|]+ \| (\d+) \|$", re.MULTILINE)


def test_page_lists_every_requirement_once_in_order() -> None:
    listed = [f"{number} {level}" for number, level, *_ in ROW.findall(PAGE.read_text("utf-8"))]
    assert listed == NUMBERS.read_text("utf-8").split("\n")[:-1]


def test_states_are_counted_and_each_row_says_where_or_why() -> None:
    page = PAGE.read_text("utf-8")
    rows = ROW.findall(page)
    assert {state: int(number) for state, number in STATE.findall(page)} == Counter(row[3] for row in rows)
    assert [row for row in rows if not row[4].strip()] == []


def test_tested_requirement_names_test_modules() -> None:
    rows = [row for row in ROW.findall(PAGE.read_text("utf-8")) if row[3] == "tested"]
    named = {row[0]: re.findall(r"`(tests/[\w/]+\.py)`", row[4]) for row in rows}
    assert {number: names for number, names in named.items() if not names} == {}
    assert {name for names in named.values() for name in names if not (code.ROOT / name).is_file()} == set()
