"""Which tests can notice a change of which function: measured by running the tests once, and kept until they change."""

import dataclasses
import fnmatch
import functools
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from tests.mutation import areas, recorder

FOLDER = areas.ROOT / "var" / "mutation"
RECORD = FOLDER / "record.json"


@dataclasses.dataclass(frozen=True)
class Test:
    """One test that passes, with what it calls and what it makes the database refuse."""

    id: str
    seconds: float
    """Of the processor, the database's own not counted: the same on a loaded machine."""
    reaches: frozenset[str]

    @property
    def module(self) -> str:
        return self.id.split("::", maxsplit=1)[0]


@dataclasses.dataclass(frozen=True)
class Record:
    """All tests, and the guards of the database."""

    tests: Sequence[Test]
    objects: Sequence[dict[str, Any]]

    def reaching(self, functions: Iterable[str], *, budget: float) -> list[Test]:
        """The tests that reach one of these and the least besides, every module in turn, within `budget` seconds.

        Half of it goes to the functions' mirror folders first: their tests were written for them. What no test is
        seen to reach is judged by the tests of the modules that name it, as a function of the database, or else by
        the mirror folder alone, as a function that runs at import.
        """
        wanted = set(functions)
        mirrors = tuple(_mirror(function) for function in wanted)
        mirrored = [test for test in self.tests if test.module.startswith(mirrors)]
        reaching = [test for test in self.tests if test.reaches & wanted]
        found = sorted(reaching or self._naming(wanted) or mirrored, key=lambda test: len(test.reaches))
        chosen = _in_turn([test for test in found if test.module.startswith(mirrors)], budget / 2)
        left = budget - sum(test.seconds for test in chosen)
        chosen += _in_turn([test for test in found if test not in chosen], left)
        return [*chosen, *_READ_THE_SCHEMA] if any("/" not in function for function in wanted) else chosen

    def _naming(self, wanted: Iterable[str]) -> list[Test]:
        names = [name for name in wanted if "/" not in name]
        paths = {path for path, text in _texts().items() if any(name in text for name in names)}
        return [test for test in self.tests if any(one.partition(":")[0] in paths for one in test.reaches)]


@functools.cache
def _texts() -> dict[str, str]:
    found = (path for app in areas.PRODUCT for path in (areas.ROOT / app).rglob("*.py"))
    return {str(path.relative_to(areas.ROOT)): path.read_text(encoding="utf-8") for path in found}


_READ_THE_SCHEMA = [
    Test(name, 1.0, frozenset())
    for name in (
        "tests/audit/foundation/test_write_guard.py::test_every_table_has_the_class_that_the_document_states",
        "tests/infrastructure/test_bounds.py::test_every_column_of_every_table_has_a_bound",
    )
]
"""They see a missing guard or bound of any table, and no error of the database names what they look at."""


def _mirror(function: str) -> str:
    """The folder of tests that mirrors a function's; for an object of the database, that of its app."""
    folder = function.rpartition("/")[0]
    return f"tests/{folder or function.partition('_')[0]}/"


def _in_turn(tests: Sequence[Test], budget: float) -> list[Test]:
    """The first test of every module, then the second of each, as far as the budget reaches; one at least."""
    turns: dict[str, int] = {}
    ordered: list[tuple[int, Test]] = []
    for test in tests:
        turns[test.module] = turns.get(test.module, -1) + 1
        ordered.append((turns[test.module], test))
    chosen: list[Test] = []
    for _, test in sorted(ordered, key=lambda pair: pair[0]):
        if chosen and sum(one.seconds for one in chosen) + test.seconds > budget:
            continue
        chosen.append(test)
    return chosen


def load(*, jobs: int, folders: Sequence[str], again: bool) -> Record:
    """The kept record, brought up to date for test modules that are new or changed; `again` runs all of them."""
    kept = {} if again or not RECORD.exists() else json.loads(RECORD.read_text(encoding="utf-8"))
    modules = {path: _digest(path) for path in _modules(folders)}
    known = kept.get("modules", {})
    stale = [path for path, digest in modules.items() if known.get(path) != digest]
    if stale:
        print(f"recording {len(stale)} test modules", flush=True)
        fresh = _run(stale, jobs)
        tests = {i: t for i, t in kept.get("tests", {}).items() if i.split("::", maxsplit=1)[0] not in stale}
        known |= {path: modules[path] for path in stale}
        kept = {"modules": known, "tests": tests | fresh["tests"], "objects": fresh["objects"]}
        RECORD.write_text(json.dumps(kept), encoding="utf-8")
    found = [
        Test(i, t["seconds"], frozenset([*t["functions"], *t["refused"]]))
        for i, t in kept["tests"].items()
        if t["passed"] and i.split("::", maxsplit=1)[0] in modules
    ]
    return Record(found, kept["objects"])


def _modules(folders: Sequence[str]) -> list[str]:
    found = {
        path
        for folder in folders
        for path in (
            [areas.ROOT / folder] if folder.endswith(".py") else (areas.ROOT / folder).rglob("test_*.py")
        )
    }
    names = sorted(str(path.relative_to(areas.ROOT)) for path in found)
    return [name for name in names if not any(fnmatch.fnmatch(name, pattern) for pattern in areas.NOT_RUN)]


def _digest(path: str) -> str:
    return hashlib.sha256((areas.ROOT / path).read_bytes()).hexdigest()


def _run(modules: Sequence[str], jobs: int) -> dict[str, Any]:
    folder = FOLDER / "record"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.mutation.recorder",
        "-n",
        str(jobs),
        *modules,
    ]
    subprocess.run(
        [*command, "--timeout", "300"],
        cwd=areas.ROOT,
        env=os.environ | {recorder.FOLDER: str(folder)},
        stdout=(FOLDER / "record.txt").open("w"),
        check=False,
    )
    merged: dict[str, Any] = {"tests": {}, "objects": []}
    for path in folder.glob("*.json"):
        part = json.loads(path.read_text(encoding="utf-8"))
        merged["tests"] |= part["tests"]
        merged["objects"] = part["objects"] or merged["objects"]
    return merged
