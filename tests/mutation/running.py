"""Running the tests against mutants, several at once, each in a process with a database of its own."""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from enum import StrEnum

from tests.mutation import areas
from tests.mutation.mutants import Mutant
from tests.mutation.record import Record, Test


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNREACHED = "unreached"
    """No test calls the function, or makes the database name the object."""


@dataclasses.dataclass(frozen=True)
class Result:
    """A mutant's end, and the test that noticed it."""

    mutant: Mutant
    verdict: Verdict
    test: str = ""
    tests: int = 0

    @property
    def lives(self) -> bool:
        return self.verdict in {Verdict.SURVIVED, Verdict.UNREACHED}


_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_PASSED, _FAILURES = 0, 1


def run(mutants: Sequence[Mutant], *, record: Record, jobs: int, budget: float) -> Iterator[Result]:
    """Each mutant against the tests that reach it, for `budget` seconds of the processor; in the order they end."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as threads:
        ends = [threads.submit(_one, one, record.reaching(one.functions, budget=budget)) for one in mutants]
        for end in concurrent.futures.as_completed(ends):
            yield end.result()


def _one(mutant: Mutant, tests: Sequence[Test]) -> Result:
    if not tests:
        return Result(mutant, Verdict.UNREACHED)
    # A loaded machine may take many times as long as the tests cost.
    patience = 300 + 20 * sum(test.seconds for test in tests)
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        path = pathlib.Path(folder) / "mutant.json"
        path.write_text(json.dumps({"path": mutant.path, "text": mutant.text}), encoding="utf-8")
        # The run's own files go with this folder, also after a time-out.
        environment = os.environ | {areas.MUTANT: str(path), "TMPDIR": folder}
        command = [
            sys.executable,
            "-B",
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "tests.mutation.hook",
            "-p",
            "no:cacheprovider",
        ]
        try:
            ended = subprocess.run(
                [*command, *(test.id for test in tests)],
                cwd=areas.ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Result(mutant, Verdict.TIMED_OUT, tests=len(tests))
    if ended.returncode == _PASSED:
        return Result(mutant, Verdict.SURVIVED, tests=len(tests))
    failed = _FAILED.search(ended.stdout)
    # Anything but failed tests is a module that cannot be imported.
    named = (
        failed.group(1) if failed and ended.returncode == _FAILURES else (ended.stdout + ended.stderr)[-200:]
    )
    return Result(mutant, Verdict.KILLED, named, len(tests))
